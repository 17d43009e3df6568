#include "emulator/containers/archive_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

namespace enibox::containers {
namespace {

std::string error_text(::archive* reader) {
  const char* text = ::archive_error_string(reader);
  return text ? text : "damaged";
}

std::string or_utf8(const char* bytes, const char* utf8) {
  return bytes ? bytes : utf8 ? utf8 : "";
}

}  // namespace

Utf8Locale::Utf8Locale()
    : mine_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)),
      before_(mine_ ? ::uselocale(mine_) : nullptr) {}

Utf8Locale::~Utf8Locale() {
  if (!mine_) return;
  ::uselocale(before_);
  ::freelocale(mine_);
}

DecompressedFile::DecompressedFile(const std::string& path, std::int64_t max_bytes)
    : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), max_bytes_(max_bytes) {
  if (!file_) netns::throw_errno("open " + path);
  reader_.reset(::archive_read_new());
  auto* reader = reader_.get();
  ::archive_read_support_filter_gzip(reader);
  ::archive_read_support_filter_zstd(reader);
  ::archive_read_support_filter_xz(reader);
  ::archive_read_support_filter_bzip2(reader);
  ::archive_read_support_format_raw(reader);
  ::archive_read_support_format_empty(reader);
  archive_entry* entry = nullptr;
  if (::archive_read_open(reader, this, nullptr, read_file, nullptr) != ARCHIVE_OK)
    throw ImageError("cannot read the archive: " + error_text(reader));
  const int result = ::archive_read_next_header(reader, &entry);
  if (result == ARCHIVE_EOF)
    at_end_ = true;
  else if (result < ARCHIVE_WARN)
    throw ImageError("cannot read the archive: " + error_text(reader));
}

la_ssize_t DecompressedFile::read_file(::archive* reader, void* self, const void** buffer) {
  auto& me = *static_cast<DecompressedFile*>(self);
  const auto n = ::read(me.file_.get(), me.raw_.data(), me.raw_.size());
  if (n < 0) {
    ::archive_set_error(reader, errno, "%s", std::strerror(errno));
    return -1;
  }
  me.file_sum_.add({me.raw_.data(), static_cast<std::size_t>(n)});
  *buffer = me.raw_.data();
  return n;
}

std::string_view DecompressedFile::read() {
  if (at_end_) return {};
  const auto n = ::archive_read_data(reader_.get(), content_.data(), content_.size());
  if (n < 0) throw ImageError("the archive is damaged: " + error_text(reader_.get()));
  if (n == 0) at_end_ = true;
  bytes_ += n;
  if (bytes_ > max_bytes_)
    throw ImageError("the archive unpacks to more than " + std::to_string(max_bytes_) + " bytes");
  const std::string_view out(content_.data(), static_cast<std::size_t>(n));
  content_sum_.add(out);
  return out;
}

std::string DecompressedFile::content_digest() {
  while (!read().empty()) {
  }
  return content_sum_.digest();
}

std::string DecompressedFile::file_digest() {
  while (!read().empty()) {
  }
  const void* ignored = nullptr;
  la_ssize_t n = 0;
  while ((n = read_file(reader_.get(), this, &ignored)) > 0) {
  }
  if (n < 0) throw ImageError("cannot read the archive: " + error_text(reader_.get()));
  return file_sum_.digest();
}

TarReader::TarReader(DecompressedFile& source) : source_(source), reader_(::archive_read_new()) {
  ::archive_read_support_format_tar(reader_.get());
  if (::archive_read_open(reader_.get(), this, nullptr, read_source, nullptr) != ARCHIVE_OK) fail();
}

la_ssize_t TarReader::read_source(::archive* reader, void* self, const void** buffer) {
  constexpr std::size_t kBlock = 512;
  static constexpr std::array<char, 3 * kBlock> kZeros{};
  auto& me = *static_cast<TarReader*>(self);
  try {
    const auto bytes = me.source_.read();
    me.bytes_ += static_cast<std::int64_t>(bytes.size());
    *buffer = bytes.data();
    if (!bytes.empty()) return static_cast<la_ssize_t>(bytes.size());
    if (std::exchange(me.padded_, true)) return 0;
    const auto used = static_cast<std::size_t>(me.bytes_) % kBlock;
    *buffer = kZeros.data();
    return static_cast<la_ssize_t>(2 * kBlock + (used ? kBlock - used : 0));
  } catch (const std::exception& e) {
    me.error_ = e.what();
    ::archive_set_error(reader, EIO, "%s", e.what());
    return -1;
  }
}

archive_entry* TarReader::next() {
  archive_entry* entry = nullptr;
  const int result = ::archive_read_next_header(reader_.get(), &entry);
  if (result == ARCHIVE_EOF) return nullptr;
  // A warning is about a name or attribute that could not be converted; names are checked where
  // they are used.
  if (result < ARCHIVE_WARN) fail();
  return entry;
}

void TarReader::fail() const {
  if (!error_.empty()) throw ImageError(error_);
  throw ImageError("the archive is damaged: " + error_text(reader_.get()));
}

std::string entry_path(archive_entry* entry) {
  return or_utf8(::archive_entry_pathname(entry), ::archive_entry_pathname_utf8(entry));
}

std::string entry_symlink(archive_entry* entry) {
  return or_utf8(::archive_entry_symlink(entry), ::archive_entry_symlink_utf8(entry));
}

std::string entry_hardlink(archive_entry* entry) {
  return or_utf8(::archive_entry_hardlink(entry), ::archive_entry_hardlink_utf8(entry));
}

}  // namespace enibox::containers
