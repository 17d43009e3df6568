#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/cloudwatch/metric_rows.hpp"

// What CloudWatch computes of the samples of one period. Pure.
// docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
namespace enibox::cloudwatch {

// Sums of a period's samples, and the samples by value.
class Samples {
 public:
  void add(const PointRow& point);

  bool empty() const { return count_ == 0; }
  double count() const { return count_; }
  double sum() const { return sum_; }
  double minimum() const { return minimum_; }
  double maximum() const { return maximum_; }
  double average() const { return sum_ / count_; }

  // Whether every sample's value is known. Of a statistic set only the sums are.
  bool has_values() const { return has_values_; }
  struct Value {
    double value = 0, count = 0;
  };
  const std::vector<Value>& values() const { return values_; }  // in the order they came

 private:
  double count_ = 0, sum_ = 0, minimum_ = 0, maximum_ = 0;
  bool has_values_ = true;
  std::vector<Value> values_;
};

// "Average", "p99.9", "tm90", "TM(10%:90%)", "PR(:300)", "IQM".
class Statistic {
 public:
  // nullopt for what names none.
  static std::optional<Statistic> parse(std::string_view text);
  // Beyond SampleCount, Average, Sum, Minimum and Maximum.
  bool is_extended() const { return kind_ >= Kind::percentile; }
  // nullopt when the samples do not tell (a percentile of statistic sets).
  std::optional<double> of(const Samples& samples) const;

 private:
  enum class Kind {
    sample_count,
    average,
    sum,
    minimum,
    maximum,
    percentile,
    trimmed_mean,
    winsorized_mean,
    trimmed_count,
    trimmed_sum,
    percentile_rank,
  };
  // A border of what counts: a percentile, or a value itself.
  struct Bound {
    bool is_percentile = true;
    double at = 0;
  };

  explicit Statistic(Kind kind) : kind_(kind) {}
  static std::optional<Statistic> parse_range(Kind kind, std::string_view inside);
  double of_values(std::vector<Samples::Value> values) const;
  double ranged(const std::vector<Samples::Value>& values) const;

  Kind kind_;
  std::optional<Bound> low_, high_;
};

}  // namespace enibox::cloudwatch
