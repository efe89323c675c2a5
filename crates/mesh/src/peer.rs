//! PeerAuthentication: which connections a server takes (I7, S6, S32).

use std::collections::BTreeMap;

use meshgen_yaml::Place;

use crate::{
    Labels, Meta, Selector, ambient,
    object::{Undecided, oldest},
};

/// Which connections a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Plain text only.
    Disable,
    /// Both.
    Permissive,
    /// mTLS only.
    Strict,
}

/// A `PeerAuthentication`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAuthentication {
    /// Its name, and so on.
    pub meta: Meta,
    /// Its workloads; none means all of its namespace.
    pub selector: Selector,
    /// Its mode; none inherits.
    pub mode: Option<Mode>,
    /// Modes of ports of the pod, where none inherits.
    pub ports: BTreeMap<u16, Option<Mode>>,
    /// What of it is not understood, so that what it says is not known.
    pub broken: Option<String>,
}

/// The mode of a port, and what said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeOf {
    /// The mode.
    pub mode: Mode,
    /// Where it is said; nowhere if nothing says it.
    pub said: Option<Said>,
}

/// An object that said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

impl Mode {
    /// The mode of a word; none for `UNSET`.
    pub fn parse(word: &str) -> Option<Option<Mode>> {
        match word {
            "UNSET" => Some(None),
            "DISABLE" => Some(Some(Mode::Disable)),
            "PERMISSIVE" => Some(Some(Mode::Permissive)),
            "STRICT" => Some(Some(Mode::Strict)),
            _ => None,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Disable => "DISABLE",
            Mode::Permissive => "PERMISSIVE",
            Mode::Strict => "STRICT",
        }
    }
}

impl Said {
    /// The object of this metadata.
    pub fn of(meta: &Meta) -> Said {
        Said {
            kind: meta.kind.clone(),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            place: meta.place,
        }
    }
}

impl PeerAuthentication {
    /// Whether it binds a pod with these labels. One with a selector in the root namespace binds nobody, also not there.
    pub fn binds(&self, root: &str, namespace: &str, labels: &Labels) -> bool {
        let own = self.meta.namespace == namespace && self.selector.selects(labels);
        if self.meta.namespace == root { self.selector.is_empty() } else { own }
    }
}

/// Those that bind a pod, by level: workload, namespace, mesh.
fn levels<'p>(near: &[&'p PeerAuthentication], root: &str) -> [Vec<&'p PeerAuthentication>; 3] {
    let at =
        |level: &dyn Fn(&PeerAuthentication) -> bool| near.iter().filter(|p| level(p)).copied().collect();
    [
        at(&|p| p.meta.namespace != root && !p.selector.is_empty()),
        at(&|p| p.meta.namespace != root && p.selector.is_empty()),
        at(&|p| p.meta.namespace == root),
    ]
}

/// The mode of a port of a pod, by those that bind it: workload before namespace before mesh, PERMISSIVE if nothing says it.
///
/// Of several at one level the oldest counts.
/// Source: `pilot/pkg/security/authn/policy_applier.go`, `ComposePeerAuthentication`.
pub(crate) fn mode(near: &[&PeerAuthentication], root: &str, port: u16) -> Result<ModeOf, Undecided> {
    for (level, ports) in levels(near, root).into_iter().zip([true, false, false]) {
        // What the oldest says counts even if that is nothing: it inherits, whatever the others say.
        let says = |p: &PeerAuthentication| {
            let port = if ports { p.ports.get(&port).copied().flatten() } else { None };
            (port.or(p.mode), p.broken.clone())
        };
        let said = oldest(&level, |p| &p.meta, |p| Some(says(p)))?;
        if let Some((_, Some(broken))) = said {
            return Err(Undecided { names: vec![broken] });
        }
        if let Some((Some(mode), None)) = said {
            let by = level.iter().find(|p| says(p).0 == Some(mode)).map(|p| Said::of(&p.meta));
            return Ok(ModeOf { mode, said: by });
        }
    }
    Ok(ModeOf { mode: Mode::Permissive, said: None })
}

/// The same for a pod in ambient mode, where modes of ports are looked at otherwise.
pub(crate) fn mode_in_ambient(
    near: &[&PeerAuthentication],
    root: &str,
    port: u16,
) -> Result<ModeOf, Undecided> {
    let [workload, space, mesh] = levels(near, root);
    let above: Vec<&PeerAuthentication> = space.iter().chain(&mesh).copied().collect();
    let parent = mode(&above, root, port)?;
    let parents = ambient::Parents {
        silent: !space.is_empty() && mode(&space, root, port)?.said.is_none(),
        of_mesh: parent.said.as_ref().is_some_and(|s| s.namespace == root),
        mode: parent,
    };
    let says = |p: &PeerAuthentication| (p.mode, p.ports.clone(), p.broken.clone());
    let own = match oldest(&workload, |p| &p.meta, |p| Some(says(p)))? {
        Some((_, _, Some(broken))) => return Err(Undecided { names: vec![broken] }),
        Some((mode, ports, None)) => {
            let by = workload.iter().find(|p| p.mode == mode && p.ports == ports);
            by.map(|p| ambient::Own { mode, ports, said: Said::of(&p.meta) })
        }
        None => None,
    };
    ambient::mode(own, parents, port)
}
