#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace enibox::store {

// A part of a list that is sorted by key: what comes after a key, as in
//   WHERE key > ? ORDER BY key LIMIT ?
struct Stretch {
  std::string after;       // empty: from the start
  std::int64_t most = -1;  // rows; SQLite's LIMIT: negative is no limit

  bool is_full(std::size_t rows) const {
    return most >= 0 && rows >= static_cast<std::size_t>(most);
  }
};

// The stretch of rows that are all at hand, in whatever order.
template <typename Row>
std::vector<Row> stretch_of(std::vector<Row> rows, std::string Row::*key, const Stretch& stretch) {
  std::erase_if(rows, [&](const Row& row) { return row.*key <= stretch.after; });
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return a.*key < b.*key; });
  if (stretch.is_full(rows.size())) rows.resize(static_cast<std::size_t>(stretch.most));
  return rows;
}

}  // namespace enibox::store
