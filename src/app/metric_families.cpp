#include "metric_families.hpp"

#include <limits>

#include <prometheus/text_serializer.h>

namespace crewship {

void MetricFamilies::gauge(const std::string& name, const std::string& help, double value, std::string_view label,
                           std::string_view label_value) {
  add(name, help, prometheus::MetricType::Gauge, label, label_value).gauge.value = value;
}

void MetricFamilies::counter(const std::string& name, const std::string& help, double value, std::string_view label,
                             std::string_view label_value) {
  add(name, help, prometheus::MetricType::Counter, label, label_value).counter.value = value;
}

void MetricFamilies::histogram(const std::string& name, const std::string& help, const Histogram& histogram) {
  auto& target = add(name, help, prometheus::MetricType::Histogram, {}, {}).histogram;
  std::uint64_t count = 0;
  double bound = histogram.first_bound();
  for (std::size_t bucket = 0; bucket <= Histogram::bucket_count; ++bucket, bound *= 2) {
    count += histogram.in_bucket(bucket);
    const bool last = bucket == Histogram::bucket_count;
    target.bucket.push_back({count, last ? std::numeric_limits<double>::infinity() : bound});
  }
  target.sample_count = count;
  target.sample_sum = histogram.sum();
}

prometheus::ClientMetric& MetricFamilies::add(const std::string& name, const std::string& help,
                                              prometheus::MetricType type, std::string_view label,
                                              std::string_view label_value) {
  if (families_.empty() || families_.back().name != name) families_.push_back({name, help, type, {}});
  auto& metric = families_.back().metric.emplace_back();
  if (!label.empty()) metric.label.push_back({std::string(label), std::string(label_value)});
  return metric;
}

std::string MetricFamilies::text() const { return prometheus::TextSerializer().Serialize(families_); }

}  // namespace crewship
