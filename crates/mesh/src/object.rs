//! What every object has, and which of several counts.

use meshgen_yaml::Place;

use crate::Labels;

/// What every object has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its kind.
    pub kind: String,
    /// Its namespace; `default` if it names none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// When it was created, as RFC 3339 in UTC: manifests from a cluster have that, written ones do not.
    pub created: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// That objects contradict each other, the oldest counts, and the manifests do not say which that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The names of the objects.
    pub names: Vec<String>,
}

/// What the oldest says, of those that say anything; nothing if none does.
///
/// Istio sorts by creation and then by name (`pilot/pkg/model/config.go`, `sortConfigByCreationTime`).
pub(crate) fn oldest<'a, T, A: PartialEq>(
    objects: &[&'a T],
    meta: impl Fn(&T) -> &Meta,
    says: impl Fn(&'a T) -> Option<A>,
) -> Result<Option<A>, Undecided> {
    let mut said: Vec<(&T, A)> = objects.iter().filter_map(|o| Some((*o, says(o)?))).collect();
    let dated = said.iter().all(|(o, _)| meta(o).created.is_some());
    if dated {
        said.sort_by_key(|(o, _)| (meta(o).created.clone(), meta(o).name.clone()));
    } else if said.iter().zip(said.iter().skip(1)).any(|((_, a), (_, b))| a != b) {
        let names = said.iter().map(|(o, _)| format!("{}/{}", meta(o).namespace, meta(o).name)).collect();
        return Err(Undecided { names });
    }
    Ok(said.into_iter().next().map(|(_, answer)| answer))
}
