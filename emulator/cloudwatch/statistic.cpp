#include "emulator/cloudwatch/statistic.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "api/wire/scalars.hpp"

namespace enibox::cloudwatch {

namespace {

double total_of(const std::vector<Samples::Value>& values) {
  double total = 0;
  for (const auto& value : values) total += value.count;
  return total;
}

// The smallest value that `percent` of the samples do not exceed.
double value_at(const std::vector<Samples::Value>& values, double percent) {
  const double rank = percent / 100 * total_of(values);
  double seen = 0;
  for (const auto& value : values) {
    seen += value.count;
    if (seen >= rank) return value.value;
  }
  return values.back().value;
}

std::optional<double> percent(std::string_view text) {
  const auto value = api::parse_floating(text);
  if (!value || *value < 0 || *value > 100) return std::nullopt;
  return value;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

}  // namespace

void Samples::add(const PointRow& point) {
  if (point.sample_count <= 0) return;
  minimum_ = empty() ? point.minimum : std::min(minimum_, point.minimum);
  maximum_ = empty() ? point.maximum : std::max(maximum_, point.maximum);
  count_ += point.sample_count;
  sum_ += point.sum;
  has_values_ = has_values_ && point.minimum == point.maximum;
  values_.push_back({point.minimum, point.sample_count});
}

std::optional<Statistic> Statistic::parse(std::string_view text) {
  if (text == "SampleCount") return Statistic(Kind::sample_count);
  if (text == "Average") return Statistic(Kind::average);
  if (text == "Sum") return Statistic(Kind::sum);
  if (text == "Minimum") return Statistic(Kind::minimum);
  if (text == "Maximum") return Statistic(Kind::maximum);
  if (equal_without_case(text, "iqm")) return parse_range(Kind::trimmed_mean, "25%:75%");

  struct Family {
    std::string_view name;
    Kind kind;
  };
  static constexpr std::array<Family, 6> families{{{"tm", Kind::trimmed_mean},
                                                   {"wm", Kind::winsorized_mean},
                                                   {"tc", Kind::trimmed_count},
                                                   {"ts", Kind::trimmed_sum},
                                                   {"pr", Kind::percentile_rank},
                                                   {"p", Kind::percentile}}};
  for (const auto& [name, kind] : families) {
    if (!equal_without_case(text.substr(0, name.size()), name)) continue;
    const std::string_view rest = text.substr(name.size());
    const bool ranged = rest.size() > 2 && rest.front() == '(' && rest.back() == ')';
    if (ranged) {
      if (kind == Kind::percentile) return std::nullopt;
      return parse_range(kind, rest.substr(1, rest.size() - 2));
    }
    if (kind == Kind::percentile_rank) return std::nullopt;
    const auto at = percent(rest);
    if (!at) return std::nullopt;
    Statistic out(kind);
    out.high_ = Bound{true, *at};
    return out;
  }
  return std::nullopt;
}

// "10%:90%", ":90%", "150:", "100:2000": both borders are percentiles or neither is.
std::optional<Statistic> Statistic::parse_range(Kind kind, std::string_view inside) {
  const auto colon = inside.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Statistic out(kind);
  bool broken = false;
  const auto read = [&](std::string_view text) -> std::optional<Bound> {
    if (text.empty()) return std::nullopt;
    const bool is_percentile = text.back() == '%';
    if (is_percentile) text.remove_suffix(1);
    const auto at = is_percentile ? percent(text) : api::parse_floating(text);
    broken = broken || !at || (is_percentile && kind == Kind::percentile_rank);
    return Bound{is_percentile, at.value_or(0)};
  };
  out.low_ = read(inside.substr(0, colon));
  out.high_ = read(inside.substr(colon + 1));
  const bool mixed =
      out.low_ && out.high_ &&
      (out.low_->is_percentile != out.high_->is_percentile || out.low_->at > out.high_->at);
  if (broken || mixed || (!out.low_ && !out.high_)) return std::nullopt;
  return out;
}

std::optional<double> Statistic::of(const Samples& samples) const {
  switch (kind_) {
    case Kind::sample_count:
      return samples.count();
    case Kind::average:
      return samples.average();
    case Kind::sum:
      return samples.sum();
    case Kind::minimum:
      return samples.minimum();
    case Kind::maximum:
      return samples.maximum();
    default:
      if (!samples.has_values()) return std::nullopt;
      return of_values(samples.values());
  }
}

double Statistic::of_values(std::vector<Samples::Value> values) const {
  std::sort(values.begin(), values.end(),
            [](const auto& a, const auto& b) { return a.value < b.value; });
  if (kind_ == Kind::percentile) return value_at(values, high_->at);
  return ranged(values);
}

// Between the borders; by value the lower one is outside.
double Statistic::ranged(const std::vector<Samples::Value>& values) const {
  constexpr double kEndless = std::numeric_limits<double>::infinity();
  const double total = total_of(values);
  const bool by_rank = (low_ && low_->is_percentile) || (high_ && high_->is_percentile);
  const double low = !low_ ? -kEndless : by_rank ? low_->at / 100 * total : low_->at;
  const double high = !high_ ? kEndless : by_rank ? high_->at / 100 * total : high_->at;
  double count = 0, sum = 0, seen = 0, clamped_sum = 0;
  const double least = low_ && by_rank ? value_at(values, low_->at) : low;
  const double most = high_ && by_rank ? value_at(values, high_->at) : high;
  for (const auto& value : values) {
    double inside = value.value > low && value.value <= high ? value.count : 0;
    if (by_rank) {
      inside = std::max(0.0, std::min(seen + value.count, high) - std::max(seen, low));
    }
    seen += value.count;
    count += inside;
    sum += inside * value.value;
    clamped_sum += value.count * std::clamp(value.value, least, most);
  }
  switch (kind_) {
    case Kind::winsorized_mean:
      return clamped_sum / total;
    case Kind::trimmed_count:
      return count;
    case Kind::trimmed_sum:
      return sum;
    case Kind::percentile_rank:
      return count / total * 100;
    default:
      return count == 0 ? 0 : sum / count;
  }
}

}  // namespace enibox::cloudwatch
