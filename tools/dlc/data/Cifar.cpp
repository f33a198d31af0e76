// CIFAR-10's binary records: a label, then 32 x 32 pixels of red, of green and of blue.
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Formats.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace dlc;

static constexpr int64_t pixelBytes = 3 * 32 * 32, recordBytes = 1 + pixelBytes;

namespace {

struct RecordFile {
  std::string path;
  std::unique_ptr<MemoryBuffer> content;
  int64_t first; // the item of its first record
};

class CifarDataset : public Dataset {
public:
  CifarDataset(std::vector<RecordFile> files, std::vector<std::string> names) : files(std::move(files)) {
    shape = {3, 32, 32};
    classes = std::move(names);
    for (RecordFile &file : this->files) {
      file.first = count;
      count += file.content->getBufferSize() / recordBytes;
      for (int64_t item = file.first; item < count; ++item)
        labels.push_back(getRecord(file, item).front());
    }
  }

  Error read(int64_t item, MutableArrayRef<uint8_t> bytes) const override {
    std::copy_n(getRecord(getFile(item), item).begin() + 1, pixelBytes, bytes.begin());
    return Error::success();
  }
  std::string describe(int64_t item) const override {
    const RecordFile &file = getFile(item);
    return file.path + ": record " + std::to_string(item - file.first);
  }

private:
  const RecordFile &getFile(int64_t item) const {
    return *std::prev(upper_bound(files, item, [](int64_t item, const RecordFile &file) { return item < file.first; }));
  }
  static ArrayRef<uint8_t> getRecord(const RecordFile &file, int64_t item) {
    return arrayRefFromStringRef(file.content->getBuffer()).slice((item - file.first) * recordBytes, recordBytes);
  }

  std::vector<RecordFile> files;
};

} // namespace

static bool isHere(const FolderContent &content) {
  return any_of(content.files, [](StringRef path) { return path.ends_with(".bin"); });
}

/// The names in batches.meta.txt, one a line; without it, those of the data's own page.
static Expected<std::vector<std::string>> readClasses(StringRef folder) {
  SmallString<128> path(folder);
  sys::path::append(path, "batches.meta.txt");
  if (!sys::fs::exists(path))
    return std::vector<std::string>{"airplane", "automobile", "bird",  "cat",  "deer",
                                    "dog",      "frog",       "horse", "ship", "truck"};
  auto file = MemoryBuffer::getFile(path);
  if (!file)
    return failure(exitEnvironment, path + ": " + file.getError().message());
  std::vector<std::string> names;
  SmallVector<StringRef> lines;
  (*file)->getBuffer().split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    if (!line.trim().empty())
      names.push_back(line.trim().str());
  if (names.size() != 10)
    return failure(exitInput, path + ": names " + Twine(names.size()) + " classes instead of 10");
  return names;
}

/// Null where there are no paths.
static Expected<DatasetPointer> openPart(ArrayRef<std::string> paths, const std::vector<std::string> &classes,
                                         const DatasetOptions &options) {
  if (paths.empty())
    return nullptr;
  std::vector<RecordFile> files;
  for (const std::string &path : paths) {
    // Read rather than mapped, so that nobody can take it away in the middle.
    auto content = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false, /*IsVolatile=*/true);
    if (!content)
      return failure(exitEnvironment, path + ": " + content.getError().message());
    const uint64_t size = (*content)->getBufferSize();
    if (size == 0)
      return failure(exitInput, path + ": is empty");
    if (size % recordBytes)
      return failure(exitInput, path + ": ends in record " + Twine(size / recordBytes) + ": its " + Twine(size) +
                                    " bytes are no whole number of CIFAR-10's records of " + Twine(recordBytes));
    files.push_back({path, std::move(*content), 0});
  }
  auto part = std::make_shared<CifarDataset>(std::move(files), classes);
  if (Error error = checkShape(paths.front(), part->getShape(), options))
    return error;
  // The network may tell fewer classes apart than there are names.
  const int64_t most = options.classes ? std::min<int64_t>(options.classes, classes.size()) : classes.size();
  if (Error error = checkLabels(part->getLabels(), most, [&](int64_t item) { return part->describe(item); }))
    return error;
  return part;
}

static Expected<DatasetParts> open(StringRef folder, const FolderContent &content, const DatasetOptions &options) {
  std::vector<std::string> training, test;
  for (const std::string &path : content.files) {
    const StringRef name = sys::path::filename(path);
    if (!name.ends_with(".bin"))
      continue;
    const bool isTest = name.contains("test");
    if (isTest == (name.contains("train") || name.contains("data_batch")))
      return failure(exitInput, path + ": its name does not say whether it is for training ('data_batch', 'train') "
                                       "or for testing ('test')");
    (isTest ? test : training).push_back(path);
  }
  Expected<std::vector<std::string>> classes = readClasses(folder);
  if (!classes)
    return classes.takeError();
  DatasetParts parts;
  for (auto [place, paths] : {std::pair(&parts.training, &training), std::pair(&parts.test, &test)}) {
    Expected<DatasetPointer> part = openPart(*paths, *classes, options);
    if (!part)
      return part.takeError();
    *place = std::move(*part);
  }
  return parts;
}

const DatasetFormat dlc::cifarFormat = {"CIFAR-10's records (data_batch_1.bin …)", isHere, open};
