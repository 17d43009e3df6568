#include "emulator/store/database.hpp"

// Every statement of the rows that a unit test makes is parsed, whether the test runs it or not.
namespace enibox::store {
namespace {

[[maybe_unused]] const bool kParsesEarly = [] {
  Statement::parse_early();
  return true;
}();

}  // namespace
}  // namespace enibox::store
