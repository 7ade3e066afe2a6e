// Builds what prometheus-cpp writes out. No registry: the values live where they are counted and are only copied for a
// scrape.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include <crewship/base/metrics.hpp>

namespace crewship {

class MetricFamilies {
 public:
  // A value of the family `name`, which is made when it is new; the help text counts the first time.
  void gauge(const std::string& name, const std::string& help, double value, std::string_view label = {},
             std::string_view label_value = {});
  void counter(const std::string& name, const std::string& help, double value, std::string_view label = {},
               std::string_view label_value = {});
  void histogram(const std::string& name, const std::string& help, const Histogram& histogram);

  std::string text() const;  // the Prometheus text format

 private:
  prometheus::ClientMetric& add(const std::string& name, const std::string& help, prometheus::MetricType type,
                                std::string_view label, std::string_view label_value);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace crewship
