#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/database.hpp"

// Rows as plain structs. A row type names its columns once, in the order of the SQL that reads or
// writes it:
//
//   struct Vpc {
//     std::string vpc_id;
//     bool is_default = false;
//     static auto fields(auto& row, auto&& visit) { return visit(row.vpc_id, row.is_default); }
//   };
//
// Errors: StoreError of the statement. Loop thread only.
namespace enibox::store {

namespace detail {
inline void read(const Query& query, int column, std::string& value) { value = query.text(column); }
inline void read(const Query& query, int column, std::int64_t& value) {
  value = query.integer(column);
}
inline void read(const Query& query, int column, int& value) {
  value = static_cast<int>(query.integer(column));
}
inline void read(const Query& query, int column, std::uint32_t& value) {
  value = static_cast<std::uint32_t>(query.integer(column));
}
inline void read(const Query& query, int column, bool& value) {
  value = query.integer(column) != 0;
}
template <typename T>
void read(const Query& query, int column, std::optional<T>& value) {
  value.reset();
  if (query.is_null(column)) return;
  read(query, column, value.emplace());
}
}  // namespace detail

// The row the query stands on.
template <typename Row>
Row read_row(const Query& query) {
  Row row;
  int column = 0;
  Row::fields(row, [&](auto&... field) { (detail::read(query, column++, field), ...); });
  return row;
}

template <typename Row>
std::vector<Row> read_all(Query query) {
  std::vector<Row> rows;
  while (query.next()) rows.push_back(read_row<Row>(query));
  return rows;
}

template <typename Row>
std::optional<Row> read_one(Query query) {
  if (!query.next()) return std::nullopt;
  return read_row<Row>(query);
}

// The first column of every row, as text.
inline std::vector<std::string> read_texts(Query query) {
  std::vector<std::string> texts;
  while (query.next()) texts.push_back(query.text(0));
  return texts;
}

// The first column of the first row; 0 without one.
inline std::int64_t read_count(Query query) { return query.next() ? query.integer(0) : 0; }

// Binds every column of the row, in order.
template <typename Row>
int run_row(Statement& statement, const Row& row) {
  return Row::fields(row, [&](const auto&... field) { return statement.run(field...); });
}

}  // namespace enibox::store
