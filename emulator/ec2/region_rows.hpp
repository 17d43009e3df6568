#pragma once
#include <string>

#include "emulator/store/row.hpp"

// Which regions were used before. Loop thread only.
namespace enibox::ec2 {

class RegionRows {
 public:
  explicit RegionRows(store::Database& db) : db_(db) {}
  bool seen(const std::string& region) { return store::read_count(seen_.query(region)) != 0; }
  // Whether this is the region's first use, which it then notes (in the caller's transaction).
  bool claim(const std::string& region) { return insert_.run(region) == 1; }

 private:
  store::Database& db_;
  store::Statement seen_{db_, "SELECT count(*) FROM ec2_region WHERE region=?"};
  store::Statement insert_{db_, "INSERT OR IGNORE INTO ec2_region VALUES (?)"};
};

}  // namespace enibox::ec2
