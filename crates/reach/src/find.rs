//! From what people have at hand to the ends of a connection.
//!
//! `ns/workload`, `ns/pod`, `service.ns` (also `svc/service.ns` and `service.ns.svc.cluster.local`), an address,
//! and `ns/[app=web]@account` or `[team=a]/[app=web]` for a pod that need not exist. A destination may end in
//! `:8080`, `:http` or `:53/udp`; of a service that is the service's port.

use std::net::IpAddr;

use meshgen_yaml::nearest;

use crate::{Cluster, Judge, Labels, Party, Pod, PortSet, Protocol, Service, Stranger, Traits, Unfound};

/// A port, as it is asked for.
enum PortAsked<'t> {
    Number(Protocol, u16),
    Name(&'t str),
}

impl Judge<'_> {
    /// Who is meant by the name of a source.
    pub fn source(&self, text: &str) -> Result<Vec<Party>, Unfound> {
        Ok(self.named(text)?.0)
    }

    /// Who is meant by the name of a destination, and which ports: all of them, if none is named.
    pub fn destination(&self, text: &str) -> Result<Vec<(Party, PortSet)>, Unfound> {
        let whole = self.named(text).map(|(parties, service)| (parties, service, None));
        let (parties, service, port) = whole.or_else(|unfound| {
            let (name, port) =
                text.rsplit_once(':').and_then(|(n, p)| Some((n, asked(p)?))).ok_or(unfound)?;
            // An IPv6 address with a port stands in brackets.
            let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']')).unwrap_or(name);
            self.named(bare).map(|(parties, service)| (parties, service, Some(port)))
        })?;
        let ports = |party: &Party| match (service, &port) {
            (Some(service), port) => service.ports_on(self.cluster(), party, port.as_ref()),
            (None, Some(port)) => port.on(self.cluster(), party),
            (None, None) => PortSet::all(),
        };
        let with_ports = parties.iter().map(|party| (party.clone(), ports(party)));
        let found: Vec<_> = with_ports.filter(|(_, ports)| !ports.is_empty()).collect();
        // A question about no port at all would be answered by an empty yes.
        if found.is_empty() {
            let there = service.map_or_else(|| self.port_names(&parties), Service::port_names);
            return Err(Unfound::port(text, there));
        }
        Ok(found)
    }

    /// The names of the ports of pods, with their numbers.
    fn port_names(&self, parties: &[Party]) -> Vec<String> {
        let pods = parties.iter().filter_map(|party| match party {
            Party::Pod(number) => self.cluster().pods.get(*number),
            Party::Address(_) | Party::Range(_) | Party::Stranger(_) => None,
        });
        let named = pods.flat_map(|pod| &pod.ports);
        named.filter_map(|port| Some(format!("{} ({})", port.name.as_ref()?, port.number))).collect()
    }

    fn named(&self, text: &str) -> Result<(Vec<Party>, Option<&Service>), Unfound> {
        let cluster = self.cluster();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok((vec![self.at(address)], None));
        }
        if let Some(stranger) = self.described(text) {
            return Ok((vec![Party::Stranger(stranger)], None));
        }
        let pods = self.pods_called(text);
        if !pods.is_empty() {
            return Ok((pods, None));
        }
        let (namespace, service) = self.service_called(text).ok_or_else(|| self.unfound(text))?;
        let pods: Vec<_> = cluster.pods_behind(namespace, service).into_iter().map(Party::Pod).collect();
        if pods.is_empty() {
            return Err(Unfound::pods(text));
        }
        Ok((self.alike(pods), Some(service)))
    }

    /// A pod that has this address, else the outside.
    fn at(&self, address: IpAddr) -> Party {
        let has = |p: &Pod| p.addresses.contains(&address) && !p.host_network;
        self.cluster().pods.iter().position(has).map_or(Party::Address(address), Party::Pod)
    }

    /// The pods of a workload, or one pod, by `ns/name`.
    fn pods_called(&self, text: &str) -> Vec<Party> {
        let cluster = self.cluster();
        let Some((namespace, name)) = text.split_once('/') else { return Vec::new() };
        let name = name.split_once('[').map_or(name, |(name, _)| name);
        let is = |p: &Pod| {
            let workload = cluster.workloads.get(p.workload);
            p.namespace == namespace && (p.name == name || workload.is_some_and(|w| w.name == name))
        };
        let pods =
            cluster.pods.iter().enumerate().filter(|(_, p)| is(p)).map(|(n, _)| Party::Pod(n)).collect();
        self.alike(pods)
    }

    /// One of several pods that differ in nothing that a policy sees.
    fn alike(&self, pods: Vec<Party>) -> Vec<Party> {
        let pod = |p: &Party| match p {
            Party::Pod(n) => self.cluster().pods.get(*n),
            Party::Address(_) | Party::Range(_) | Party::Stranger(_) => None,
        };
        let seen =
            |p: &Pod| (p.workload, p.labels.clone(), p.account.clone(), p.ports.clone(), p.host_network);
        let mut kept: Vec<Party> = Vec::new();
        for party in pods {
            if !kept.iter().any(|k| pod(k).map(seen) == pod(&party).map(seen)) {
                kept.push(party);
            }
        }
        kept
    }

    fn service_called(&self, text: &str) -> Option<(&str, &Service)> {
        let text = text.strip_prefix("svc/").or_else(|| text.strip_prefix("service/")).unwrap_or(text);
        let mut parts = text.split(['.', '/']);
        let (name, namespace) = (parts.next()?, parts.next()?);
        let as_path = text.split_once('/');
        let (name, namespace) = as_path.map_or((name, namespace), |(ns, name)| (name, ns));
        let services = &self.cluster().services;
        let found = services.get_key_value(&(namespace.to_owned(), name.to_owned()))?;
        Some((&found.0.0, found.1))
    }

    /// `ns/[a=b,c=d]@account`, with labels in place of the namespace too.
    fn described(&self, text: &str) -> Option<Stranger> {
        let (namespace, pod) = text.split_once("/[")?;
        let (pod, account) = pod.rsplit_once(']')?;
        let labels = |list: &str| -> Option<Labels> {
            let pairs = list.split(',').map(str::trim).filter(|p| !p.is_empty());
            pairs.map(|p| p.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()))).collect()
        };
        let home =
            match namespace.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
                Some(list) => labels(list)?,
                None => self.cluster().namespace_labels(namespace).cloned().unwrap_or_else(|| {
                    [("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())].into()
                }),
            };
        Some(Stranger {
            name: text.to_owned(),
            namespace: Traits::exactly(&home),
            pod: Traits::exactly(&labels(pod)?),
            account: Some(account.strip_prefix('@').unwrap_or("default").to_owned()),
            ports: None,
        })
    }

    fn unfound(&self, text: &str) -> Unfound {
        let cluster = self.cluster();
        let names: Vec<String> =
            cluster.workloads.iter().map(|w| format!("{}/{}", w.namespace, w.name)).collect();
        let wanted = text.rsplit_once(':').map_or(text, |(name, _)| name);
        let near = nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned);
        let same_name = || names.iter().find(|n| n.rsplit('/').next() == wanted.rsplit('/').next()).cloned();
        Unfound::name(text, near.or_else(same_name))
    }
}

/// `8080`, `53/udp`, `http`.
fn asked(text: &str) -> Option<PortAsked<'_>> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "TCP"));
    let protocol = Protocol::parse(protocol)?;
    match port.parse::<u16>() {
        Ok(0) => None,
        Ok(number) => Some(PortAsked::Number(protocol, number)),
        Err(_) => port.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(PortAsked::Name(port)),
    }
}

impl PortAsked<'_> {
    fn on(&self, cluster: &Cluster, party: &Party) -> PortSet {
        match (self, party) {
            (PortAsked::Number(protocol, number), _) => PortSet::one(*protocol, *number),
            (PortAsked::Name(name), Party::Pod(n)) => {
                let named = cluster.pods.get(*n).into_iter().flat_map(|p| p.ports_named(name, None));
                named.map(|(protocol, number)| PortSet::one(protocol, number)).collect()
            }
            (PortAsked::Name(name), Party::Stranger(_)) => PortSet::named(Protocol::Tcp, name),
            (PortAsked::Name(_), Party::Address(_) | Party::Range(_)) => PortSet::default(),
        }
    }
}

impl Service {
    /// Its ports, by number and name.
    fn port_names(&self) -> Vec<String> {
        let named = |name: &Option<String>| name.as_ref().map(|name| format!(" ({name})"));
        self.ports.iter().map(|p| format!("{}{}", p.number, named(&p.name).unwrap_or_default())).collect()
    }

    fn ports_on(&self, cluster: &Cluster, party: &Party, port: Option<&PortAsked<'_>>) -> PortSet {
        let Party::Pod(n) = party else { return PortSet::default() };
        let meant = self.ports.iter().filter(|p| match port {
            None => true,
            Some(PortAsked::Number(protocol, number)) => p.protocol == *protocol && p.number == *number,
            Some(PortAsked::Name(name)) => p.name.as_deref() == Some(*name),
        });
        meant.map(|p| p.on(cluster.pods.get(*n))).collect()
    }
}
