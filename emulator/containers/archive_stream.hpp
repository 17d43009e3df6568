#pragma once
#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <clocale>
#include <string>
#include <string_view>

#include "emulator/containers/image_digest.hpp"
#include "emulator/containers/image_error.hpp"
#include "netns/handle.hpp"

// libarchive behind owners. Included by .cpp files of this folder only.
namespace enibox::containers {

using ArchiveReader = netns::Handle<::archive, ::archive_read_free>;

// libarchive converts names through the thread's locale, and gives none back for a name that the
// "C" locale cannot hold. Held while an archive is read.
class Utf8Locale {
 public:
  Utf8Locale();
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t mine_;
  locale_t before_;
};

// A file's bytes, decompressed (gzip, zstd, xz, bzip2; told by their magic), with the digests of
// both sides. Throws ImageError when damaged or when more than `max_bytes` come out.
class DecompressedFile {
 public:
  DecompressedFile(const std::string& path, std::int64_t max_bytes);

  std::string_view read();  // empty: the end
  // Read to the end on both sides first (they do it themselves).
  std::string content_digest();
  std::string file_digest();

 private:
  static la_ssize_t read_file(::archive*, void* self, const void** buffer);

  netns::UniqueFd file_;
  std::int64_t max_bytes_, bytes_ = 0;
  Sha256 file_sum_, content_sum_;
  std::array<char, 64 * 1024> raw_, content_;
  ArchiveReader reader_;
  bool at_end_ = false;
};

// A tar over a decompressed file. Missing end blocks are added: umoci leaves them out, and
// libarchive would say "Truncated input file".
class TarReader {
 public:
  explicit TarReader(DecompressedFile& source);

  // The next entry, valid until the one after; nullptr at the end. Throws ImageError.
  archive_entry* next();
  ::archive* get() const { return reader_.get(); }
  [[noreturn]] void fail() const;

 private:
  static la_ssize_t read_source(::archive* reader, void* self, const void** buffer);

  DecompressedFile& source_;
  std::int64_t bytes_ = 0;
  bool padded_ = false;
  std::string error_;  // an exception must not cross libarchive
  ArchiveReader reader_;
};

// Names as bytes; empty when there is none.
std::string entry_path(archive_entry* entry);
std::string entry_symlink(archive_entry* entry);
std::string entry_hardlink(archive_entry* entry);

}  // namespace enibox::containers
