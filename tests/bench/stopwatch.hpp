#pragma once
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace enibox::bench {

class Stopwatch {
 public:
  double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// A row of the table.
inline void row(const char* what, double value, const char* unit) {
  std::printf("| %-58s | %10.3f %s |\n", what, value, unit);
  std::fflush(stdout);
}

}  // namespace enibox::bench
