//! Clients that nobody has written: what somebody could start to call a pod.

use std::{collections::BTreeSet, ops::Range};

use crate::{Attribute, Condition, Identity, Labels, Membership, Mesh, Pod, Truth};

/// What no policy names, and no namespace or service account is called. In a name that a pattern of a policy means it
/// stands for the `*`.
pub const FRESH: &str = "somebody-else";

impl Mesh {
    /// The namespaces that policies of a pod tell from others, of the mesh or not yet there, and one more that is new.
    pub fn namespaces_told_apart(&self, server: usize) -> Vec<String> {
        let mut all: BTreeSet<String> = self.namespaces.keys().cloned().collect();
        all.extend(self.namespaces_meant(server));
        all.insert(FRESH.to_owned());
        all.into_iter().collect()
    }

    /// The namespaces that policies of a pod name; of those that a pattern means, one.
    pub(crate) fn namespaces_meant(&self, server: usize) -> BTreeSet<String> {
        let values =
            |c: &Condition| c.values().filter_map(|v| witness(&c.attribute, v).0).collect::<Vec<_>>();
        self.of_identity(server).into_iter().flat_map(values).collect()
    }

    /// Pods that somebody could start in a namespace to call a pod: one outside of the mesh, and in it one for each
    /// service account that the policies of the pod tell from others.
    pub fn newcomers(&self, server: usize, namespace: &str) -> Vec<Pod> {
        let accounts = self.accounts_told_apart(server);
        let as_member = if self.membership(server) == Membership::Ambient {
            &[Membership::Sidecar, Membership::Ambient][..]
        } else {
            &[Membership::Sidecar]
        };
        let mut all = vec![Pod::newcomer(namespace, "default", Membership::Plain)];
        for account in accounts {
            all.extend(as_member.iter().map(|member| Pod::newcomer(namespace, &account, *member)));
        }
        all
    }

    /// The service accounts that policies of a pod tell from others, the default one, and one more that is new.
    pub fn accounts_told_apart(&self, server: usize) -> BTreeSet<String> {
        let mut accounts = BTreeSet::from(["default".to_owned(), FRESH.to_owned()]);
        for condition in self.of_identity(server) {
            accounts.extend(condition.values().filter_map(|v| witness(&condition.attribute, v).1));
        }
        accounts
    }

    /// The same mesh with some pods more, and their numbers.
    #[must_use]
    pub fn with(&self, pods: Vec<Pod>) -> (Mesh, Range<usize>) {
        let mut mesh = self.clone();
        let first = mesh.pods.len();
        mesh.pods.extend(pods);
        let range = first..mesh.pods.len();
        mesh.join();
        (mesh, range)
    }

    /// The identity of a pod, if it has one.
    pub fn identity(&self, pod: usize) -> Option<Identity> {
        let p = self.pods.get(pod)?;
        (self.membership(pod) != Membership::Plain).then(|| Identity {
            trust_domain: self.settings.trust_domain.clone(),
            namespace: p.namespace.clone(),
            account: p.account.clone(),
        })
    }

    /// What the policies of a pod say of identities.
    fn of_identity(&self, server: usize) -> Vec<&Condition> {
        let rules = self.bound(server).into_iter().flat_map(|policy| &policy.rules);
        let conditions = rules.flat_map(|rule| rule.from.iter().flatten().chain(&rule.when));
        conditions.collect()
    }
}

impl Condition {
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().chain(&self.not_values).map(String::as_str)
    }
}

/// The namespace and the service account of somebody whom a value means, as far as it says.
fn witness(attribute: &Attribute, value: &str) -> (Option<String>, Option<String>) {
    let meant = |pattern: &str| pattern.replace('*', FRESH);
    match attribute {
        Attribute::Namespace => (Some(meant(value)), None),
        Attribute::ServiceAccount => match value.split_once('/') {
            Some((namespace, account)) => (Some(meant(namespace)), Some(meant(account))),
            None => (None, Some(meant(value))),
        },
        Attribute::Principal => {
            let after = |key: &str| {
                let mut parts = value.split('/').skip_while(|part| *part != key).skip(1);
                parts.next().map(meant)
            };
            (after("ns"), after("sa"))
        }
        Attribute::TrustDomain
        | Attribute::Ip
        | Attribute::RemoteIp
        | Attribute::RequestPrincipal
        | Attribute::Host
        | Attribute::Method
        | Attribute::Path
        | Attribute::Port
        | Attribute::DestinationIp
        | Attribute::Sni
        | Attribute::Header(_)
        | Attribute::Claim(_)
        | Attribute::Other(_) => (None, None),
    }
}

impl Pod {
    /// A pod without labels that somebody could start.
    pub fn newcomer(namespace: &str, account: &str, member: Membership) -> Pod {
        Pod {
            namespace: namespace.to_owned(),
            kind: "Pod".to_owned(),
            name: FRESH.to_owned(),
            labels: Labels::new(),
            annotations: Labels::new(),
            account: account.to_owned(),
            as_proxy: Truth::No,
            host_network: false,
            ports: Vec::new(),
            proxy: Some(member),
            addresses: Vec::new(),
            place: meshgen_yaml::At::<()>::NOWHERE,
        }
    }
}
