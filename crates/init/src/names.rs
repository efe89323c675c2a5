//! Names of policies, such that none is that of another object that the spec renders.

use std::collections::BTreeSet;

use crate::{
    allow::Target,
    draft::{Direction, Draft},
};

/// What the exceptions of default deny are called.
const RENDERED: [&str; 7] = [
    "default-deny",
    "allow-dns",
    "allow-istiod",
    "allow-scrape",
    "allow-probes",
    "allow-mesh",
    "namespace-egress",
];

impl Draft {
    /// Gives every policy a name that no other object of its namespace has, and leaves out what needs no saying.
    pub(crate) fn name_policies(&mut self) {
        let keys: Vec<Target> = self.policies.keys().cloned().collect();
        let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
        for key in keys {
            let rendered = self.rendered(&key.0);
            let default = key.1.clone().unwrap_or_else(|| "namespace".to_owned());
            let Some(policy) = self.policies.get_mut(&key) else { continue };
            let wish = policy.name.take().unwrap_or_else(|| default.clone());
            let free =
                |name: &String| !rendered.contains(name) && !taken.contains(&(key.0.clone(), name.clone()));
            let numbered = (2..).map(|n| format!("{wish}-{n}"));
            let name =
                std::iter::once(wish.clone()).chain(numbered).find(free).unwrap_or_else(|| wish.clone());
            taken.insert((key.0.clone(), name.clone()));
            if let Some(origin) = policy.origin.clone().filter(|_| name != wish) {
                let why =
                    format!("the spec renders another object of its name: it is called `{name}` from now on");
                self.notes.add_other(origin, &why);
            }
            policy.name = Some(name).filter(|name| *name != default);
        }
    }

    /// Names that the rest of the spec needs in a namespace.
    fn rendered(&self, namespace: &str) -> BTreeSet<String> {
        let deny = self.namespaces.get(namespace).map(|n| &n.security.deny).filter(|d| !d.is_empty());
        let Some(deny) = deny else { return BTreeSet::new() };
        let mut names: BTreeSet<String> = RENDERED.map(str::to_owned).into();
        if deny.contains(&Direction::Egress) {
            names.extend(self.workloads_of(namespace).map(|(name, _)| format!("{name}-egress")));
        }
        names
    }
}
