#include "emulator/containers/log_reader.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdio>

namespace enibox::containers {
namespace {

using netns::throw_errno;
using netns::UniqueFd;

constexpr std::size_t kPortion = 256 * 1024;
constexpr std::uint64_t kPunchStep = 1 << 20;
constexpr std::uint64_t kReadBackLimit = 32 << 20;

UniqueFd open_for_reading(const std::string& path) {
  // Read-write: punching a hole wants it.
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) throw_errno("open " + path);
  return fd;
}

std::uint64_t size_of(const UniqueFd& file) {
  struct stat info {};
  return ::fstat(file.get(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace

struct LogReader::State : std::enable_shared_from_this<State> {
  State(boost::asio::io_context& loop_in, FileWatch& files_in, LogReaderOptions options_in,
        Deliver deliver_in)
      : loop(loop_in),
        files(files_in),
        options(std::move(options_in)),
        deliver(std::move(deliver_in)) {}

  void open();
  LogPosition read_position();
  void write_position();
  void read_portion();
  void schedule();
  bool was_replaced() const;
  void punch();
  void end();

  boost::asio::io_context& loop;
  FileWatch& files;
  LogReaderOptions options;
  Deliver deliver;
  UniqueFd file, position_file;
  int watch = -1;
  std::uint64_t at = 0, punched = 0;
  LogAssembler assembler;
  bool scheduled = false, closed = false;
  std::function<void()> finished;
};

void LogReader::State::open() {
  file = open_for_reading(options.path);
  if (!position_file) {
    position_file.reset(::open(options.position_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!position_file) throw_errno("open " + options.position_path);
  }
  auto position = read_position();
  if (position.offset > size_of(file)) position = {};  // another file than we knew
  assembler = LogAssembler(position);
  at = position.offset;
  watch = files.add(options.path, IN_MODIFY | IN_ATTRIB,
                    [self = weak_from_this()](std::uint32_t, const std::string&) {
                      if (const auto state = self.lock()) state->schedule();
                    });
}

LogPosition LogReader::State::read_position() {
  char text[64] = {};
  if (::pread(position_file.get(), text, sizeof text - 1, 0) <= 0) return {};
  unsigned long long offset = 0, lines = 0;
  if (std::sscanf(text, "%llu %llu", &offset, &lines) != 2) return {};
  return {offset, lines};
}

void LogReader::State::write_position() {
  // Of one length and in one write: a reader after a crash finds the old or the new one.
  char text[64];
  const auto position = assembler.position();
  const int n = std::snprintf(text, sizeof text, "%020llu %020llu\n",
                              static_cast<unsigned long long>(position.offset),
                              static_cast<unsigned long long>(position.lines));
  if (::pwrite(position_file.get(), text, static_cast<std::size_t>(n), 0) != n)
    spdlog::warn("log position {}: {}", options.position_path, std::strerror(errno));
}

void LogReader::State::schedule() {
  if (scheduled || closed) return;
  scheduled = true;
  boost::asio::post(loop, [self = weak_from_this()] {
    if (const auto state = self.lock()) {
      state->scheduled = false;
      if (!state->closed) state->read_portion();
    }
  });
}

void LogReader::State::read_portion() {
  std::string buffer(kPortion, '\0');
  const auto n = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
  if (n > 0) {
    buffer.resize(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
    auto lines = assembler.feed(buffer);
    if (!lines.empty()) {
      deliver(std::move(lines));
      if (closed) return;
      write_position();
      punch();
    }
    schedule();
    return;
  }
  if (was_replaced()) {  // conmon began a new file at its size limit
    files.remove(watch);
    open();
    assembler = LogAssembler();
    at = punched = 0;
    schedule();
    return;
  }
  if (finished) end();
}

bool LogReader::State::was_replaced() const {
  struct stat info {
  }, named{};
  return ::fstat(file.get(), &info) == 0 && info.st_nlink == 0 &&
         ::stat(options.path.c_str(), &named) == 0;
}

void LogReader::State::punch() {
  const auto settled = assembler.position().offset;
  if (settled < options.keep_bytes + punched + kPunchStep) return;
  const auto until = (settled - options.keep_bytes) / kPunchStep * kPunchStep;
  // Where the file system cannot, the file is bounded by conmon's own limit.
  if (::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  static_cast<off_t>(until)) == 0)
    punched = until;
}

void LogReader::State::end() {
  auto rest = assembler.flush();
  if (!rest.empty()) deliver(std::move(rest));
  if (closed) return;
  write_position();
  closed = true;
  files.remove(watch);
  std::exchange(finished, nullptr)();
}

LogReader::LogReader(boost::asio::io_context& loop, FileWatch& files, LogReaderOptions options,
                     Deliver deliver)
    : state_(std::make_shared<State>(loop, files, std::move(options), std::move(deliver))) {
  state_->open();
  state_->schedule();
}

LogReader::~LogReader() {
  if (state_->closed) return;
  state_->closed = true;
  state_->files.remove(state_->watch);
}

void LogReader::finish(std::function<void()> done) {
  if (state_->closed) return done();
  state_->finished = std::move(done);
  state_->schedule();
}

std::vector<LogLine> read_last_lines(const std::string& path, int tail) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_errno("open " + path);
  const auto size = size_of(file);
  const auto data = ::lseek(file.get(), 0, SEEK_DATA);  // behind the hole at the front
  auto at = data > 0 ? static_cast<std::uint64_t>(data) : 0;
  if (size > at + kReadBackLimit) at = size - kReadBackLimit;
  bool skip_torn = at > 0;
  LogAssembler assembler;
  std::vector<LogLine> out;
  std::string buffer(kPortion, '\0');
  while (at < size) {
    const auto n = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (n <= 0) break;
    at += static_cast<std::uint64_t>(n);
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(n));
    if (skip_torn) {
      const auto end = bytes.find('\n');
      if (end == std::string_view::npos) continue;
      bytes = bytes.substr(end + 1);
      skip_torn = false;
    }
    for (auto& line : assembler.feed(bytes)) out.push_back(std::move(line));
  }
  for (auto& line : assembler.flush()) out.push_back(std::move(line));
  if (tail >= 0 && out.size() > static_cast<std::size_t>(tail))
    out.erase(out.begin(), out.end() - tail);
  return out;
}

}  // namespace enibox::containers
