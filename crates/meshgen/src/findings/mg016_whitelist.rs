//! MG016: a whitelist of Dgraph that tells nobody apart, of a release that no manifest shows.

pub(super) use meshgen_findings::DGRAPH_WHITELIST as RULE;
use meshgen_findings::Hit;
use meshgen_spec::{Dgraph, MeshMode, Spec, Whitelist, WorkloadName};
use meshgen_yaml::At;

use super::in_spec;

/// Blocks that hold every address.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

pub(super) fn find(spec: &Spec) -> Vec<Hit> {
    let releases =
        spec.releases.iter().filter_map(|(name, release)| Some((&name.value, release.dgraph.as_ref()?)));
    releases.filter_map(|(name, dgraph)| open(spec, name, dgraph)).collect()
}

fn open(spec: &Spec, name: &WorkloadName, dgraph: &At<Box<Dgraph>>) -> Option<Hit> {
    if dgraph.value.token.is_some() || dgraph.value.acl.is_some() {
        return None;
    }
    let list = dgraph.value.whitelist.as_ref();
    let meshed = spec.mesh_mode(&name.namespace) == MeshMode::Sidecar;
    let why = match (list.and_then(|list| everybody(&list.value)), meshed) {
        (Some(block), true) => {
            format!("its whitelist holds `{block}`, and behind a sidecar every caller is `127.0.0.6` anyway")
        }
        (Some(block), false) => format!("its whitelist holds `{block}`"),
        (None, true) => {
            "behind a sidecar every caller is `127.0.0.6`, which is local, whatever its whitelist".to_owned()
        }
        (None, false) => return None,
    };
    let said = format!("whoever reaches `{name}` administrates Dgraph: {why}");
    let place = list.map_or(dgraph.place, |list| list.place);
    Some(in_spec(place, said, format!("give `releases.{name}.dgraph` a `token` or `acl`")))
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
