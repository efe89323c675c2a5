//! MG017: whom Dgraph itself takes for an administrator, by addresses that its sidecar hides.

use crate::{Hit, Rule, Seen, Severity, dgraph};

pub(super) const RULE: Rule = Rule {
    code: "MG017",
    slug: "whitelist-void",
    title: "a whitelist of Dgraph is void behind a sidecar, and so is having none",
    severity: Severity::Warning,
    why: "A sidecar dials the application from `127.0.0.6`, whoever the client is, and Dgraph takes every loopback \
          address for a friend. So the whitelist of `--security` admits everyone who gets as far as the pod to alter the \
          schema, drop all data and administer the cluster; and so does a Dgraph without one, which means to admit \
          only callers of its own host (a Zero before v25.4: everyone).",
    way_out: "Demand a token (`--security token=…`) or turn on access control (`--acl`), or let an AuthorizationPolicy \
              say who may call these ports and paths.",
    sources: &[
        "https://docs.dgraph.io/admin/security/",
        "https://github.com/istio/istio/blob/release-1.31/pilot/pkg/networking/core/cluster_builder.go",
        "https://github.com/istio/istio/issues/32802",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.sidecars().filter_map(|(pod, _)| void(seen, pod)).collect()
}

fn void(seen: &Seen<'_>, pod: usize) -> Option<Hit> {
    let (document, whitelist) = dgraph::whitelist(seen, pod)?;
    // One that admits everyone has nothing to lose.
    if whitelist.guarded || whitelist.everybody().is_some() || !dgraph::is_shown_its_sidecar(seen, pod) {
        return None;
    }
    // That some policy binds the pod does not help: it has to hold back what administers.
    if !dgraph::is_open(seen, pod) {
        return None;
    }
    let pod = seen.called(pod);
    let trusted = match &whitelist.list {
        Some(list) => format!("`{pod}` trusts the addresses `{list}` to administer it"),
        None => format!("`{pod}` lists nobody who may administer it"),
    };
    let said = format!(
        "{trusted}, but its sidecar shows it `127.0.0.6` for each of its clients, which it always trusts"
    );
    let hit =
        Hit::about(document, said, "demand a token or access control, or say by AuthorizationPolicy who may");
    Some(match whitelist.node {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}
