//! MG017: Dgraph's own whitelist of addresses, behind a sidecar that hides them.

use meshgen_yaml::{Limits, Node, documents};

use crate::{
    Document, Fields, Hit, Rule, Seen, Severity,
    pods::{containers, text, words},
};

pub(super) const RULE: Rule = Rule {
    code: "MG017",
    slug: "whitelist-void",
    title: "a whitelist of Dgraph is void behind a sidecar",
    severity: Severity::Warning,
    why: "A sidecar dials the application from `127.0.0.6`, whoever the client is, and Dgraph takes every loopback \
          address for a friend. So the whitelist of `--security` admits everyone who gets as far as the pod to alter the \
          schema, drop all data and administer the cluster.",
    way_out: "Demand a token (`--security token=…`) or turn on access control (`--acl`), or let an AuthorizationPolicy \
              say who may call these ports and paths.",
    sources: &[
        "https://docs.dgraph.io/admin/security/",
        "https://github.com/istio/istio/blob/release-1.31/pilot/pkg/networking/core/cluster_builder.go",
        "https://github.com/istio/istio/issues/32802",
    ],
};

/// The ports on which Dgraph is administered: Alpha by HTTP and gRPC, Zero by HTTP and gRPC.
const PORTS: [u16; 4] = [8080, 9080, 6080, 5080];

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.sidecars().filter_map(|(pod, _)| void(seen, pod)).collect()
}

fn void(seen: &Seen<'_>, pod: usize) -> Option<Hit> {
    let (document, template) = seen.template(pod)?;
    let taken = PORTS.iter().any(|port| seen.mesh().takes_inbound(pod, *port, false));
    if !taken || !seen.enforced(pod).is_empty() {
        return None;
    }
    let found = from_arguments(template).or_else(|| from_files(seen, document, template))?;
    let Whitelist { list, node, guarded } = found;
    // One that admits everyone has nothing to lose.
    if guarded || list.split(',').any(|one| one.trim().ends_with("/0")) {
        return None;
    }
    let said = format!(
        "`{}` trusts the addresses `{list}` to administer it, but its sidecar shows it `127.0.0.6` for each of its \
         clients, which it always trusts",
        seen.called(pod)
    );
    let hit =
        Hit::about(document, said, "demand a token or access control, or say by AuthorizationPolicy who may");
    Some(match node {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}

struct Whitelist<'a> {
    list: String,
    node: Option<&'a Node>,
    guarded: bool,
}

/// `--security "whitelist=…; token=…"`, `--acl …`.
fn from_arguments(template: &Node) -> Option<Whitelist<'_>> {
    containers(template).find_map(|container| {
        let node = words(container).find(|w| text(w).is_some_and(|t| t.contains("whitelist=")))?;
        let all: Vec<&str> = words(container).filter_map(text).collect();
        let guarded = all.iter().any(|t| t.contains("token=") || t.contains("--acl"));
        Some(Whitelist { list: value(text(node)?), node: Some(node), guarded })
    })
}

fn value(text: &str) -> String {
    let after = text.split_once("whitelist=").map_or("", |(_, after)| after);
    let end = |c: char| c == ';' || c == '"' || c == '\'' || c.is_whitespace();
    after.split(end).next().unwrap_or_default().to_owned()
}

/// The files that Dgraph reads: the `ConfigMaps` that the pod mounts.
fn from_files<'s>(seen: &Seen<'_>, document: &Document, template: &'s Node) -> Option<Whitelist<'s>> {
    let mounted: Vec<&str> =
        template.list(&["spec", "volumes"]).iter().filter_map(|v| v.text(&["configMap", "name"])).collect();
    let maps = seen.documents.of_kind("", "ConfigMap").filter(|map| {
        map.object.namespace == document.object.namespace && mounted.contains(&map.object.name.as_str())
    });
    let files = maps.flat_map(|map| map.node.path(&["data"]).into_iter().flat_map(Node::entries));
    files.filter_map(|file| text(&file.value)).find_map(from_file)
}

fn from_file<'s>(file: &str) -> Option<Whitelist<'s>> {
    let place = meshgen_yaml::At::<()>::NOWHERE;
    let read = documents(place.file, file, 0..file.len(), Limits::default()).ok()?;
    let node = read.first()?;
    let flat = node.text(&["security"]).filter(|t| t.contains("whitelist=")).map(value);
    let list = flat.or_else(|| node.text(&["security", "whitelist"]).map(str::to_owned))?;
    let token = node.path(&["security", "token"]).is_some() || file.contains("token=");
    Some(Whitelist { list, node: None, guarded: token || node.path(&["acl"]).is_some() })
}
