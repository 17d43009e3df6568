#include "emulator/flow_logs/log_file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <system_error>

#include "emulator/ids.hpp"
#include "netns/handle.hpp"

namespace enibox::flow_logs {
namespace {

using Writer = netns::Handle<::archive, ::archive_write_free>;
using Entry = netns::Handle<::archive_entry, ::archive_entry_free>;

[[noreturn]] void fail(const Writer& writer, const std::string& path) {
  const int error = ::archive_errno(writer.get());
  throw std::system_error(error == 0 ? EIO : error, std::generic_category(), "write " + path);
}

void write_compressed(const std::string& path, const std::string& text) {
  const Writer writer(::archive_write_new());
  const Entry entry(::archive_entry_new());
  if (!writer || !entry) throw std::bad_alloc();
  ::archive_write_set_format_raw(writer.get());
  ::archive_write_add_filter_gzip(writer.get());
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  if (::archive_write_open_filename(writer.get(), path.c_str()) != ARCHIVE_OK ||
      ::archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK ||
      ::archive_write_data(writer.get(), text.data(), text.size()) < 0 ||
      ::archive_write_close(writer.get()) != ARCHIVE_OK) {
    fail(writer, path);
  }
}

}  // namespace

std::string log_file_path(const FlowLogSpec& log, std::int64_t ended_ms,
                          const std::string& unique) {
  const auto when = fmt::gmtime(static_cast<std::time_t>(ended_ms / 1000));
  std::string path = log.bucket.name + "/";
  if (!log.bucket.prefix.empty()) path += log.bucket.prefix + "/";
  if (log.bucket.hive_compatible) {
    path += fmt::format(
        "AWSLogs/aws-account-id={}/aws-service=vpcflowlogs/aws-region={}/year={:%Y}/month={:%m}/"
        "day={:%d}/",
        log.account_id, log.region, when, when, when);
    if (log.bucket.per_hour) path += fmt::format("hour={:%H}/", when);
  } else {
    path += fmt::format("AWSLogs/{}/vpcflowlogs/{}/{:%Y/%m/%d}/", log.account_id, log.region, when);
    if (log.bucket.per_hour) path += fmt::format("{:%H}/", when);
  }
  return path + fmt::format("{}_vpcflowlogs_{}_{}_{:%Y%m%dT%H%MZ}_{}.log.gz", log.account_id,
                            log.region, log.flow_log_id, when, unique);
}

void write_log_file(const std::string& directory, const FlowLogSpec& log,
                    const std::vector<std::string>& lines, std::int64_t ended_ms) {
  const std::filesystem::path path = directory + "/" + log_file_path(log, ended_ms, random_hex(8));
  std::filesystem::create_directories(path.parent_path());
  std::string text = log.format.header() + "\n";
  for (const auto& line : lines) text += line + "\n";
  const std::string half = path.string() + ".part";
  write_compressed(half, text);
  std::filesystem::rename(half, path);
}

}  // namespace enibox::flow_logs
