// SPDX-License-Identifier: Apache-2.0
#include "tasks/all.h"

#include "tasks/aws/aws.h"
#include "tasks/core/core.h"
#include "tasks/engine/engine_tasks.h"
#include "tasks/fs/local.h"
#include "tasks/fs/sftp.h"
#include "tasks/git/git.h"
#include "tasks/http/http.h"
#include "tasks/kubernetes/kubernetes.h"
#include "tasks/ledger/ledger_tasks.h"
#include "tasks/notify/mail_task.h"
#include "tasks/notify/notify.h"
#include "tasks/scripts/scripts.h"
#include "tasks/serdes/serdes.h"
#include "tasks/slack/slack.h"
#include "tasks/sql/sql.h"

namespace outlay::tasks {

namespace {

template <class Type>
void add(flow::TaskRegistry& registry, std::vector<std::unique_ptr<Type>> types) {
  for (auto& type : types) registry.add(std::move(type));
}

}  // namespace

void add_all_tasks(flow::TaskRegistry& registry, const TaskWorld& world) {
  registry.add(make_log());
  registry.add(make_return());
  registry.add(make_output_values());
  registry.add(make_fail());
  registry.add(make_assert());
  registry.add(make_sleep());
  registry.add(make_echo());
  registry.add(make_storage_write());
  registry.add(make_storage_concat());
  registry.add(make_storage_split());
  registry.add(make_storage_reverse());
  registry.add(make_storage_size());
  registry.add(make_storage_delete());
  registry.add(make_storage_local_files());
  registry.add(make_storage_filter_items());
  registry.add(make_storage_deduplicate_items());
  registry.add(make_metric_publish());
  registry.add(make_templated_task(registry));

  add(registry, make_kv_tasks());
  add(registry, make_namespace_file_tasks());
  add(registry, make_execution_tasks());
  add(registry, make_log_tasks());
  add(registry, make_flow_tasks());

  registry.add(make_http_request(*world.http));
  registry.add(make_http_download(*world.http));
  registry.add(make_sse_request(*world.http));
  registry.add(make_http_trigger(*world.http));

  for (const ScriptLanguage& language : script_languages()) {
    registry.add(make_script(language, *world.http));
    registry.add(make_commands(language, *world.http));
  }
  registry.add(make_aws_cli(*world.http));
  add(registry, make_clis(*world.http));
  add(registry, make_kubernetes_tasks());
  registry.add(make_git_clone());
  registry.add(make_git_sync_flows());
  add(registry, make_git_engine_tasks());

  registry.add(make_slack_webhook(*world.http));
  add(registry, make_slack_app_tasks(*world.http));
  add(registry, make_notifications(*world.http));
  add(registry, make_mail_tasks());

  add(registry, make_aws_tasks(*world.http));
  add(registry, make_aws_triggers(*world.http));

  add(registry, make_sql_tasks());
  add(registry, make_sql_triggers());
  add(registry, make_serdes_tasks());
  add(registry, make_excel_tasks());
  add(registry, make_local_file_tasks());
  add(registry, make_sftp_tasks());
  registry.add(make_sftp_trigger());
  registry.add(make_ssh_command());

  const CostBook book =
      world.ledger != nullptr ? CostBook(world.ledger) : CostBook(world.open_ledger);
  registry.add(make_ledger_ingest(book, world.find_deliveries));
  registry.add(make_ledger_sync(world.open_sources));
  registry.add(make_ledger_query(book));
  registry.add(make_ledger_export(book));
  registry.add(make_ledger_reconcile(book));
  registry.add(make_ledger_diff(book));
  registry.add(make_ledger_booked_trigger(book));
  registry.add(make_ledger_period_changed_trigger(book));
}

}  // namespace outlay::tasks
