//! MG016: a whitelist of Dgraph that tells nobody apart, of a release that no manifest shows.

pub(super) use meshgen_findings::DGRAPH_WHITELIST as RULE;
use meshgen_findings::Hit;
use meshgen_spec::{Dgraph, MeshMode, Spec, Whitelist, WorkloadName};

use super::in_spec;

/// Blocks that hold every address.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

pub(super) fn find(spec: &Spec) -> Vec<Hit> {
    let releases =
        spec.releases.iter().filter_map(|(name, release)| Some((&name.value, release.dgraph.as_ref()?)));
    releases.filter_map(|(name, dgraph)| void(spec, name, dgraph)).collect()
}

fn void(spec: &Spec, name: &WorkloadName, dgraph: &Dgraph) -> Option<Hit> {
    if dgraph.token.is_some() || dgraph.acl.is_some() {
        return None;
    }
    let whitelist = dgraph.whitelist.as_ref()?;
    let meshed = spec.mesh_mode(&name.namespace) == MeshMode::Sidecar;
    let why = match (everybody(&whitelist.value), meshed) {
        (Some(block), true) => {
            format!("it holds `{block}`, and behind a sidecar every caller is `127.0.0.6` anyway")
        }
        (Some(block), false) => format!("it holds `{block}`"),
        (None, true) => "behind a sidecar every caller is `127.0.0.6`, which is local".to_owned(),
        (None, false) => return None,
    };
    let said = format!("the whitelist of `{name}` lets whoever reaches it administrate Dgraph: {why}");
    Some(in_spec(whitelist.place, said, format!("give `releases.{name}.dgraph` a `token` or `acl`")))
}

/// The block in a whitelist that holds every address.
fn everybody(whitelist: &Whitelist) -> Option<String> {
    let entries: Vec<String> = match whitelist {
        Whitelist::Entries(entries) => entries.iter().map(ToString::to_string).collect(),
        Whitelist::FromEnv(variable) => {
            let default = variable.default.iter().map(ToString::to_string);
            default.flat_map(|d| d.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
        }
    };
    entries.into_iter().find(|entry| EVERYBODY.contains(&entry.trim()))
}
