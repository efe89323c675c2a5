//! A small judge of network policies, which knows nothing of specs: who may open a connection to whom.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

type Labels = BTreeMap<String, String>;

/// Pods and namespaces of manifests.
#[derive(Default)]
pub(crate) struct World {
    /// Namespaces that have a label beside their name, and those of every pod.
    namespaces: BTreeMap<String, Labels>,
    pods: Vec<Pod>,
}

#[derive(Clone)]
struct Pod {
    namespace: String,
    name: String,
    labels: Labels,
    /// Name, protocol and number.
    ports: Vec<(String, String, u64)>,
}

/// Who is asked for: a pod, or an address outside.
enum Source<'a> {
    Pod(&'a Pod),
    Outside(&'static str),
}

const OUTSIDE: [&str; 4] = ["8.8.8.8", "10.1.2.3", "192.168.7.7", "172.17.1.1"];

/// Every object of manifests, as an independent reader of YAML sees them.
pub(crate) fn objects(manifests: &str) -> Vec<Value> {
    use serde::Deserialize;
    let documents = serde_yaml::Deserializer::from_str(manifests);
    documents
        .map(|d| Value::deserialize(d).unwrap())
        .flat_map(|v| match (v.get("items"), text(&v, &["kind"]).ends_with("List")) {
            (Some(Value::Sequence(items)), true) => items.clone(),
            _ => vec![v],
        })
        .collect()
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |v, key| v.get(*key)).filter(|v| !v.is_null())
}

fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    at(value, path).and_then(Value::as_sequence).map_or(&[], Vec::as_slice)
}

fn labels(value: Option<&Value>) -> Labels {
    let map = value.and_then(Value::as_mapping);
    let entries = map.into_iter().flatten();
    entries.filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.as_str()?.to_owned()))).collect()
}

fn home(object: &Value) -> &str {
    match text(object, &["metadata", "namespace"]) {
        "" => "default",
        namespace => namespace,
    }
}

impl World {
    pub(crate) fn of(objects: &[Value]) -> World {
        let mut world = World::default();
        for object in objects {
            let template: &[&str] = match text(object, &["kind"]) {
                "Namespace" => {
                    let own = labels(at(object, &["metadata", "labels"]));
                    world.namespaces.insert(text(object, &["metadata", "name"]).to_owned(), own);
                    continue;
                }
                "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => &["spec", "template"],
                "CronJob" => &["spec", "jobTemplate", "spec", "template"],
                "Pod" => &[],
                _ => continue,
            };
            world.pods.extend(at(object, template).map(|pod| {
                Pod {
                    namespace: home(object).to_owned(),
                    name: text(object, &["metadata", "name"]).to_owned(),
                    labels: labels(at(pod, &["metadata", "labels"])),
                    ports: list(pod, &["spec", "containers"])
                        .iter()
                        .flat_map(|c| list(c, &["ports"]))
                        .map(port)
                        .collect(),
                }
            }));
        }
        for pod in &world.pods {
            world.namespaces.entry(pod.namespace.clone()).or_default();
        }
        for (name, labels) in &mut world.namespaces {
            labels.insert("kubernetes.io/metadata.name".to_owned(), name.clone());
        }
        world
    }

    /// Every connection that the policies among these objects permit.
    pub(crate) fn open(&self, policies: &[Value]) -> BTreeSet<String> {
        let policies: Vec<&Value> = policies
            .iter()
            .filter(|p| {
                text(p, &["kind"]) == "NetworkPolicy" && text(p, &["apiVersion"]).starts_with("networking")
            })
            .collect();
        let mut ports: BTreeSet<u64> = self.pods.iter().flat_map(|p| &p.ports).map(|(.., n)| *n).collect();
        ports.extend([53, 80, 443, 8080, 65000]);
        let mut open = BTreeSet::new();
        for to in &self.pods {
            let sources = self.pods.iter().map(Source::Pod).chain(OUTSIDE.map(Source::Outside));
            for from in sources {
                for (protocol, port) in
                    ["TCP", "UDP"].iter().flat_map(|p| ports.iter().map(move |n| (*p, *n)))
                {
                    if self.admits(&policies, to, &from, protocol, port) {
                        let name = match from {
                            Source::Pod(p) => format!("{}/{}", p.namespace, p.name),
                            Source::Outside(address) => address.to_owned(),
                        };
                        open.insert(format!("{name} -> {}/{} {protocol} {port}", to.namespace, to.name));
                    }
                }
            }
        }
        open
    }

    fn admits(&self, policies: &[&Value], to: &Pod, from: &Source<'_>, protocol: &str, port: u64) -> bool {
        let ingress = World::side(policies, to, "ingress", |rule| {
            self.peers(rule, "from", &to.namespace, from) && fits(rule, to, protocol, port)
        });
        let Source::Pod(sender) = from else { return ingress };
        ingress
            && World::side(policies, sender, "egress", |rule| {
                self.peers(rule, "to", &sender.namespace, &Source::Pod(to)) && fits(rule, to, protocol, port)
            })
    }

    /// Whether nothing isolates a pod in a direction, or a rule lets it through.
    fn side(policies: &[&Value], pod: &Pod, direction: &str, lets: impl Fn(&Value) -> bool) -> bool {
        let mine = policies.iter().filter(|p| {
            home(p) == pod.namespace
                && at(p, &["spec", "podSelector"]).is_none_or(|s| selects(s, &pod.labels))
                && isolates(p, direction)
        });
        let mine: Vec<_> = mine.collect();
        mine.is_empty() || mine.iter().any(|p| list(p, &["spec", direction]).iter().any(&lets))
    }

    fn peers(&self, rule: &Value, key: &str, own: &str, other: &Source<'_>) -> bool {
        let peers = list(rule, &[key]);
        peers.is_empty() || peers.iter().any(|peer| self.peer(peer, own, other))
    }

    fn peer(&self, peer: &Value, own: &str, other: &Source<'_>) -> bool {
        match (peer.get("ipBlock"), other) {
            (Some(block), Source::Outside(address)) => {
                let within = |net: &str| {
                    net.parse::<ipnet::IpNet>()
                        .unwrap()
                        .contains(&address.parse::<std::net::IpAddr>().unwrap())
                };
                within(text(block, &["cidr"]))
                    && !list(block, &["except"]).iter().any(|e| within(e.as_str().unwrap()))
            }
            (Some(_), Source::Pod(_)) | (None, Source::Outside(_)) => false,
            (None, Source::Pod(pod)) => {
                let namespaces = peer.get("namespaceSelector").filter(|s| !s.is_null());
                let namespace = match namespaces {
                    Some(selector) => selects(selector, &self.namespaces[&pod.namespace]),
                    None => pod.namespace == own,
                };
                namespace
                    && peer
                        .get("podSelector")
                        .filter(|s| !s.is_null())
                        .is_none_or(|s| selects(s, &pod.labels))
            }
        }
    }
}

fn port(port: &Value) -> (String, String, u64) {
    let protocol = text(port, &["protocol"]);
    let protocol = if protocol.is_empty() { "TCP" } else { protocol };
    (
        text(port, &["name"]).to_owned(),
        protocol.to_owned(),
        port["containerPort"].as_u64().unwrap_or_default(),
    )
}

fn isolates(policy: &Value, direction: &str) -> bool {
    let types = list(policy, &["spec", "policyTypes"]);
    if types.is_empty() {
        direction == "ingress" || !list(policy, &["spec", "egress"]).is_empty()
    } else {
        types.iter().any(|t| t.as_str().is_some_and(|t| t.eq_ignore_ascii_case(direction)))
    }
}

fn fits(rule: &Value, to: &Pod, protocol: &str, number: u64) -> bool {
    let ports = list(rule, &["ports"]);
    ports.is_empty()
        || ports.iter().any(|p| {
            let wanted = text(p, &["protocol"]);
            let wanted = if wanted.is_empty() { "TCP" } else { wanted };
            let last = p.get("endPort").and_then(Value::as_u64);
            wanted == protocol
                && match p.get("port") {
                    None | Some(Value::Null) => true,
                    Some(Value::String(name)) => {
                        to.ports.iter().any(|(n, p, port)| n == name && p == protocol && *port == number)
                    }
                    Some(port) => {
                        let first = port.as_u64().unwrap();
                        (first..=last.unwrap_or(first)).contains(&number)
                    }
                }
        })
}

fn selects(selector: &Value, has: &Labels) -> bool {
    let plain = labels(selector.get("matchLabels")).iter().all(|(k, v)| has.get(k) == Some(v));
    plain
        && list(selector, &["matchExpressions"]).iter().all(|e| {
            let value = has.get(text(e, &["key"]));
            let listed = value.is_some_and(|v| list(e, &["values"]).iter().any(|l| l.as_str() == Some(v)));
            match text(e, &["operator"]) {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                other => panic!("{other}"),
            }
        })
}
