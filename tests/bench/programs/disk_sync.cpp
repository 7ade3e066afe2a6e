// Reference F: what it costs to append 4 KiB to a file and wait until they are on the disk (fdatasync), as each commit
// of a database must. Prints the median and the 99th percentile in microseconds.
#include <algorithm>
#include <vector>

#include <fcntl.h>

#include "common.hpp"

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const std::string file = bench::option(arguments, "--file");
  const auto count = static_cast<std::size_t>(bench::number(arguments, "--count", 2000));
  const int fd = bench::checked(::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600), "open");
  const std::string page(4096, 'x');
  std::vector<double> microseconds;
  for (std::size_t i = 0; i < count; ++i) {
    const auto start = bench::now_ns();
    if (::write(fd, page.data(), page.size()) != static_cast<ssize_t>(page.size())) bench::die("write");
    bench::checked(::fdatasync(fd), "fdatasync");
    microseconds.push_back(static_cast<double>(bench::now_ns() - start) / 1000);
  }
  ::close(fd);
  ::unlink(file.c_str());
  std::ranges::sort(microseconds);
  std::printf(R"({"median_us":%.1f,"p99_us":%.1f})"
              "\n",
              microseconds[count / 2], microseconds[count * 99 / 100]);
}
