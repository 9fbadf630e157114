// SPDX-License-Identifier: Apache-2.0
#include "io/file.h"
#include "tasks/core/core.h"
#include "tasks/properties.h"
#include "tasks/spec.h"

namespace outlay::tasks {
namespace {

class StorageWriteTask final : public SpecTask {
 public:
  StorageWriteTask() : SpecTask("core/storage_write.yaml") {}

  base::Result<flow::TaskEnd> run(
      flow::TaskContext& context, const format::Value& properties) const override {
    const std::string content = TRY(flow::text_property(context, properties, "content"));
    const std::string given = TRY(flow::text_property(context, properties, "extension"));
    const std::string extension = given.empty()          ? ".txt"
                                  : given.find('.') == 0 ? given
                                                         : "." + given;
    const io::Path file = TRY(context.working_folder()) / (".written" + extension);
    TRY(io::write_file(file, content));
    flow::TaskEnd end;
    end.outputs.set("uri", TRY(context.store_file(file, "content" + extension)));
    TRY(io::remove_tree(file));
    return end;
  }
};

}  // namespace

std::unique_ptr<flow::TaskType> make_storage_write() {
  return std::make_unique<StorageWriteTask>();
}

}  // namespace outlay::tasks
