//! MG016: a whitelist of Dgraph that tells nobody apart.

use meshgen_mesh::Membership;

use crate::{Hit, Rule, Seen, Severity, dgraph};

/// What is told of a whitelist that tells nobody apart, in manifests and in a spec.
pub const RULE: Rule = Rule {
    code: "MG016",
    slug: "dgraph-whitelist",
    title: "the whitelist of a Dgraph lets everyone administrate it",
    severity: Severity::Warning,
    why: "Dgraph takes who may change the schema, drop all data or shut it down by the address of the caller, unless \
          there is a token or ACL. `0.0.0.0/0` is every address. And behind a sidecar every whitelist is void: the \
          sidecar hands connections over from `127.0.0.6`, and Dgraph takes any loopback address for local, so that \
          whoever reaches the pod is an administrator.",
    way_out: "Demand a token (`--security token=…`) or turn on access control (`--acl`); in a spec, by `token` or `acl` of \
              the release, which are Secrets that stand in no file. Or let an `AuthorizationPolicy` decide who may call \
              the administrating paths, which it can in the mesh.",
    sources: &[
        "https://dgraph.io/docs/deploy/security/dgraph-administration/",
        "dgraph-io/dgraph `x/x.go`, isIpWhitelisted",
        "istio/istio `pilot/pkg/networking/core/cluster_builder.go`",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    (0..seen.mesh().pods.len()).filter_map(|pod| open(seen, pod)).collect()
}

fn open(seen: &Seen<'_>, pod: usize) -> Option<Hit> {
    let (document, whitelist) = dgraph::whitelist(seen, pod)?;
    let block = whitelist.everybody().filter(|_| !whitelist.guarded)?;
    let meshed = matches!(seen.mesh().membership(pod), Membership::Sidecar | Membership::Unknown);
    if meshed && !dgraph::is_open(seen, pod) {
        return None;
    }
    let said = format!(
        "the whitelist of `{}` lets whoever reaches it administrate Dgraph: it holds `{block}`",
        seen.called(pod)
    );
    let hit = Hit::about(document, said, "demand a token or access control, and list who may administer it");
    Some(match whitelist.node {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}
