//! What a Dgraph is told of who may administer it: by flags, by its environment, and by the file that it reads.
//!
//! Source: `dgraph-io/dgraph`, `dgraph/cmd/alpha/run.go` (`--security`; before v21.03 `--whitelist`, `--auth_token` and
//! `--acl_secret_file`) and `dgraph/cmd/root.go`: what is a flag may also be a variable `DGRAPH_ALPHA_…` or a key of the
//! file of `--config`.

use std::net::IpAddr;

use meshgen_mesh::{Effect, FRESH, Identity, Mode, Protocol, Request, Seen as SeenBySidecar};
use meshgen_reach::Addresses;
use meshgen_yaml::{Limits, Node, documents};

use crate::{
    Document, Fields, Seen,
    pods::{containers, environment, text, words},
};

/// Whom a Dgraph takes for an administrator, beside the callers of its own host.
pub(crate) struct Whitelist<'a> {
    /// Their addresses as they are written, with commas between; none if a server is told of none.
    pub(crate) list: Option<String>,
    /// Where they stand, if that is in the object of the pod.
    pub(crate) node: Option<&'a Node>,
    /// Whether a token or access control is, or may be, demanded beside.
    pub(crate) guarded: bool,
}

/// What administers: the port, the method and the path. Alpha takes it by HTTP and gRPC, Zero by HTTP.
const REQUESTS: [(u16, &str, &str); 5] = [
    (8080, "POST", "/alter"),
    (8080, "POST", "/admin"),
    (9080, "POST", "/api.Dgraph/Alter"),
    (6080, "GET", "/removeNode"),
    (6080, "GET", "/moveTablet"),
];

/// Parts of what is written where a token or access control is demanded.
const GUARDS: [&str; 5] = ["token=", "--acl", "--auth_token", "--acl_secret_file", "secret-file="];

/// Ends of the names of variables that demand it.
const GUARDING: [&str; 3] = ["_ACL", "_AUTH_TOKEN", "_ACL_SECRET_FILE"];

impl Whitelist<'_> {
    /// What in it means every address, if something does: one block, or several together.
    pub(crate) fn everybody(&self) -> Option<String> {
        let all = Addresses::block("0.0.0.0/0")?;
        let list = self.list.as_deref()?;
        let blocks = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let blocks: Vec<(&str, Addresses)> = blocks.filter_map(|b| Some((b, block(b)?))).collect();
        let ipv6 = Addresses::block("::/0")?;
        let one = blocks.iter().find(|(_, set)| set.contains_all(&all) || set.contains_all(&ipv6));
        let together = blocks.iter().fold(Addresses::default(), |sum, (_, set)| sum.union(set));
        one.map(|(entry, _)| (*entry).to_owned())
            .or_else(|| together.contains_all(&all).then(|| list.to_owned()))
    }
}

/// An entry: a block, an address, or the first and the last one with `:` between.
fn block(entry: &str) -> Option<Addresses> {
    if let Some((first, last)) = entry.split_once(':')
        && let (Ok(IpAddr::V4(first)), Ok(IpAddr::V4(last))) = (first.parse(), last.parse())
    {
        let whole = first.is_unspecified() && last.is_broadcast();
        return if whole { Addresses::block("0.0.0.0/0") } else { None };
    }
    Addresses::block(entry)
}

/// Whom the Dgraph in a pod of the mesh is told to admit, and the object that it stands in; none if there is no Dgraph, or
/// only something that is called so.
pub(crate) fn whitelist<'s>(seen: &'s Seen<'_>, pod: usize) -> Option<(&'s Document, Whitelist<'s>)> {
    let (document, template) = seen.template(pod)?;
    let container = containers(template).find(|c| is_dgraph(c));
    let files: Vec<Node> = files(seen, document, template).collect();
    let from_file = || files.iter().find_map(|file| Some((written(file, container.is_some())?, None)));
    let (list, node) = container.and_then(told).or_else(from_file).unzip();
    if list.is_none() && !containers(template).any(is_server) {
        return None;
    }
    let unread = list.is_none() && containers(template).any(|c| is_told_elsewhere(c, &files));
    let guarded = unread || containers(template).any(is_guarded) || files.iter().any(demands);
    Some((document, Whitelist { list, node: node.flatten(), guarded }))
}

/// Whether a container runs a server of Dgraph: `dgraph alpha`, `dgraph zero`, however it is written, or the image that
/// runs both.
fn is_server(container: &Node) -> bool {
    let words: Vec<&str> = words(container).filter_map(text).flat_map(str::split_whitespace).collect();
    let program = |word: &str| word.rsplit('/').next() == Some("dgraph");
    let runs = |pair: &[&str]| matches!(pair, [first, "alpha" | "zero"] if program(first));
    words.windows(2).any(runs) || container.text(&["image"]).is_some_and(|i| i.contains("dgraph/standalone"))
}

/// Whether what a server is told stands where nobody sees it here: in a file that is not among these, or in a variable that
/// another object fills.
fn is_told_elsewhere(container: &Node, files: &[Node]) -> bool {
    let keys = ["secretKeyRef", "configMapKeyRef"];
    let filled = |e: &&Node| keys.iter().any(|key| e.path(&["valueFrom", key]).is_some());
    let filled: Vec<&str> =
        container.list(&["env"]).iter().filter(filled).filter_map(|e| e.text(&["name"])).collect();
    let named = |word: &str| word.contains('$') && filled.iter().any(|name| word.contains(name));
    let file = |word: &str| files.is_empty() && word.contains("--config");
    words(container).filter_map(text).any(|word| file(word) || named(word))
}

/// Whether anything of a container says that it runs Dgraph.
fn is_dgraph(container: &Node) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("dgraph");
    let image = container.text(&["image"]).is_some_and(says);
    let named = container.list(&["env"]).iter().filter_map(|e| e.text(&["name"]));
    image
        || words(container).filter_map(text).any(says)
        || named.into_iter().any(|n| n.starts_with("DGRAPH_"))
}

/// `--security "whitelist=…; token=…"`, `--whitelist …`, or a variable that stands for one of these.
fn told(container: &Node) -> Option<(String, Option<&Node>)> {
    let all: Vec<&Node> = words(container).collect();
    for (node, next) in all.iter().zip(all.iter().skip(1).map(Some).chain([None])) {
        let Some(word) = text(node) else { continue };
        if let Some((_, after)) = word.split_once("whitelist=") {
            return Some((value(after), Some(node)));
        }
        if let Some((_, after)) = word.split_once("--whitelist") {
            let apart = next.and_then(|next| text(next)).unwrap_or_default();
            let list = if after.trim().is_empty() { apart } else { after };
            return Some((value(list.trim_start()), Some(node)));
        }
    }
    let named =
        environment(container).find(|(name, _)| name.starts_with("DGRAPH_") && name.ends_with("_WHITELIST"));
    let (_, node) = named?;
    Some((value(text(node?)?), node))
}

/// What stands at the start of a text, up to what ends a value there.
fn value(text: &str) -> String {
    let end = |c: char| c == ';' || c == '"' || c == '\'' || c.is_whitespace();
    text.split(end).next().unwrap_or_default().to_owned()
}

/// Whether a container is told to demand more; a variable whose value stands elsewhere may say so.
fn is_guarded(container: &Node) -> bool {
    let said = |text: &str| GUARDS.iter().any(|guard| text.contains(guard));
    let variable = |(name, value): (&str, Option<&Node>)| {
        let guards = GUARDING.iter().any(|end| name.ends_with(end));
        name.starts_with("DGRAPH_") && (guards || (value.is_none() && name.ends_with("_SECURITY")))
    };
    let from_secrets = container.list(&["envFrom"]).iter().any(|e| e.path(&["secretRef"]).is_some());
    words(container).filter_map(text).any(said) || environment(container).any(variable) || from_secrets
}

/// The files that Dgraph may read: the `ConfigMaps` that the pod mounts.
fn files<'s>(
    seen: &'s Seen<'_>,
    document: &'s Document,
    template: &'s Node,
) -> impl Iterator<Item = Node> + 's {
    let mounted: Vec<&str> =
        template.list(&["spec", "volumes"]).iter().filter_map(|v| v.text(&["configMap", "name"])).collect();
    let maps = seen.documents.of_kind("", "ConfigMap").filter(move |map| {
        map.object.namespace == document.object.namespace && mounted.contains(&map.object.name.as_str())
    });
    let files = maps.flat_map(|map| map.node.path(&["data"]).into_iter().flat_map(Node::entries));
    files.filter_map(|file| text(&file.value)).filter_map(|file| {
        let place = meshgen_yaml::At::<()>::NOWHERE;
        documents(place.file, file, 0..file.len(), Limits::default()).ok()?.into_iter().next()
    })
}

/// The whitelist in a file; as a key of its own only if it is surely Dgraph that reads it.
fn written(file: &Node, sure: bool) -> Option<String> {
    let flat = file.text(&["security"]).and_then(|t| t.split_once("whitelist="));
    let flat = flat.map(|(_, after)| value(after));
    let old = || file.text(&["whitelist"]).filter(|_| sure);
    flat.or_else(|| file.text(&["security", "whitelist"]).or_else(old).map(str::to_owned))
}

/// Whether a file demands a token or access control.
fn demands(file: &Node) -> bool {
    let flat = file.text(&["security"]).is_some_and(|t| t.contains("token="));
    let keys: [&[&str]; 4] = [&["security", "token"], &["acl"], &["auth_token"], &["acl_secret_file"]];
    flat || keys.iter().any(|key| file.path(key).is_some())
}

/// Whether what administers comes to the Dgraph in a pod by way of its sidecar.
pub(crate) fn is_shown_its_sidecar(seen: &Seen<'_>, pod: usize) -> bool {
    requests(seen, pod).any(|(port, ..)| seen.mesh().takes_inbound(pod, *port, false))
}

/// What administers the Dgraph in a pod: by the ports that it is known to have, if it has any of them.
fn requests(seen: &Seen<'_>, pod: usize) -> impl Iterator<Item = &'static (u16, &'static str, &'static str)> {
    let known = seen.ports_of(pod);
    let any = REQUESTS.iter().any(|(port, ..)| known.contains(port));
    REQUESTS.iter().filter(move |(port, ..)| !any || known.contains(port))
}

/// Whether policies of the mesh leave it to somebody of whom they say nothing to administer the Dgraph in a pod: of all
/// that bind it, none holds back what administers.
pub(crate) fn is_open(seen: &Seen<'_>, pod: usize) -> bool {
    let mesh = seen.mesh();
    let admits = |(port, method, path): &(u16, &str, &str)| {
        if !mesh.takes_inbound(pod, *port, false) {
            return true;
        }
        let http = !matches!(mesh.protocol(pod, *port), Ok(Protocol::Tcp | Protocol::Tls));
        let sent = Request { method: (*method).to_owned(), path: (*path).to_owned(), ..Request::default() };
        let strict = mesh.mode(pod, *port).is_ok_and(|mode| mode.mode == Mode::Strict);
        let somebody = Identity {
            trust_domain: mesh.settings.trust_domain.clone(),
            namespace: FRESH.to_owned(),
            account: FRESH.to_owned(),
        };
        // Who has no identity is refused before, where mTLS is demanded.
        [Some(somebody), None].into_iter().take(if strict { 1 } else { 2 }).any(|identity| {
            let sees = SeenBySidecar {
                identity,
                source: None,
                remote: None,
                destination: None,
                port: *port,
                request: http.then(|| sent.clone()),
                tokens: false,
            };
            mesh.decided(pod, &sees).effect == Effect::Allowed
        })
    };
    requests(seen, pod).any(admits)
}
