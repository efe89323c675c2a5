//! Workloads: rendered from an image, or somebody else's and only known.

use std::{collections::BTreeMap, fmt};

use meshgen_yaml::At;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    EnvName, FromEnv, Image, LabelKey, LabelValue, Name, Path, PortName, Quantity, SecretKey, Security,
    WorkloadName,
};

/// A workload: `image` (rendered as a Deployment with its Service and `ServiceAccount`), `build` (the same, with
/// an image of its own and a chart), or `existing`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    /// The image to run.
    #[serde(default)]
    pub image: Option<At<Image>>,
    /// The kit from which its image is built and pushed to the cluster's registry.
    #[serde(default)]
    pub build: Option<At<Kit>>,
    /// Facts of a workload that somebody else renders.
    #[serde(default)]
    pub existing: Option<At<Existing>>,
    /// Who runs it; not said, but known after reading.
    #[serde(skip)]
    #[schemars(skip)]
    pub origin: Origin,
    /// Its ports, by name. Istio takes the protocol from the part of the name before the first `-`.
    #[serde(default)]
    pub ports: BTreeMap<At<PortName>, Port>,
    /// How many pods: 1 unless said otherwise.
    #[serde(default)]
    pub replicas: Option<u16>,
    /// The program, instead of the image's own.
    #[serde(default)]
    pub command: Vec<String>,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment.
    #[serde(default)]
    pub env: BTreeMap<At<EnvName>, EnvValue>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// An HTTP path on its first HTTP port that tells whether it is ready.
    #[serde(default)]
    pub health: Option<At<Path>>,
    /// Further labels of its pods.
    #[serde(default)]
    pub labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// What holds here instead of the namespace's `security`.
    #[serde(default)]
    pub security: Security,
}

/// Who runs a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The spec says so under `workloads`.
    #[default]
    Spec,
    /// A release.
    Release(WorkloadName),
    /// An addon.
    Addon,
}

/// A kit: what an image is built from. It is written into the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kit {
    /// A client of Dgraph in Python, with curl and grpcurl.
    Pydgraph,
}

impl Kit {
    /// The word in the spec, and the name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Kit::Pydgraph => "pydgraph",
        }
    }

    /// The name of its image.
    pub fn image(self) -> &'static str {
        match self {
            Kit::Pydgraph => "pydgraph-client",
        }
    }

    /// The version of the kit, and the tag of its image.
    pub fn tag(self) -> &'static str {
        match self {
            Kit::Pydgraph => "1.0.0",
        }
    }
}

/// A workload that somebody else renders.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Existing {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Labels of its pods that tell them apart: policies select by them.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Its service account: `default` unless said otherwise.
    #[serde(default)]
    pub service_account: Option<Name>,
    /// The Service in front of it: one of the same name unless said otherwise.
    #[serde(default)]
    pub service: Option<Name>,
}

/// The kind of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    CronJob,
    Pod,
}

/// A port: a number, or a map where there is more to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// The port of the pod.
    pub port: u16,
    /// The port of the Service.
    pub service: u16,
    /// The protocol below.
    pub protocol: Protocol,
}

/// A protocol with ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// The word in objects.
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        }
    }
}

/// A port in full.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PortInFull {
    /// The port of the pod.
    port: u16,
    /// The port of the Service: the same unless said otherwise.
    #[serde(default)]
    service: Option<u16>,
    /// TCP unless said otherwise.
    #[serde(default)]
    protocol: Protocol,
}

/// A number from 1 to 65535.
fn port_number<E: de::Error>(n: u64) -> Result<u16, E> {
    match u16::try_from(n) {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(E::custom(format!("`{n}` is not a port: use 1 to 65535"))),
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PortVisitor;

        impl<'de> Visitor<'de> for PortVisitor {
            type Value = Port;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number of a port, or a map with `port`")
            }

            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Port, E> {
                let port = port_number(n)?;
                Ok(Port { port, service: port, protocol: Protocol::Tcp })
            }

            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Port, E> {
                Err(E::custom(format!("`{n}` is not a port: use 1 to 65535")))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Port, A::Error> {
                let full = PortInFull::deserialize(MapAccessDeserializer::new(map))?;
                let port = port_number(full.port.into())?;
                let service = port_number(full.service.unwrap_or(port).into())?;
                Ok(Port { port, service, protocol: full.protocol })
            }
        }

        deserializer.deserialize_any(PortVisitor)
    }
}

impl JsonSchema for Port {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Port".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a port: a number, or a map where there is more to say",
            "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 65535 }, generator.subschema_for::<PortInFull>()]
        })
    }
}

/// The value of an environment variable: text, or where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum EnvValue {
    /// This text; `plain` when it was written as such, not as `{ text: … }`.
    Text {
        /// The text.
        text: String,
        /// Nobody said that it is no secret.
        plain: bool,
    },
    /// A key of a Secret in the workload's namespace.
    Secret(SecretKey),
    /// The host name of a workload's Service.
    HostOf(At<WorkloadName>),
    /// The environment of whoever deploys.
    FromEnv(FromEnv),
}

/// A value that is not plain text.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Tagged {
    /// Text that is no secret, though the variable is called like one.
    Text(String),
    /// `name/key` of a Secret in the workload's namespace.
    Secret(SecretKey),
    /// The host name of the Service of a workload.
    HostOf(At<WorkloadName>),
    /// A variable of the environment of whoever deploys.
    FromEnv(FromEnv),
}

/// What an environment variable's value is, and whether it was said to be no secret.
impl<'de> Deserialize<'de> for EnvValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvVisitor;

        const QUOTES: &str = "an environment variable is text: write it in quotes";

        impl<'de> Visitor<'de> for EnvVisitor {
            type Value = EnvValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, or one of `secret`, `hostOf`, `fromEnv`, `text` in a map")
            }

            fn visit_str<E: de::Error>(self, s: &str) -> Result<EnvValue, E> {
                Ok(EnvValue::Text { text: s.to_owned(), plain: true })
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<EnvValue, E> {
                Err(E::custom(QUOTES))
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<EnvValue, E> {
                Err(E::custom(QUOTES))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<EnvValue, E> {
                Err(E::custom(QUOTES))
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<EnvValue, E> {
                Err(E::custom(QUOTES))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EnvValue, A::Error> {
                if map.size_hint() == Some(0) {
                    return Err(de::Error::invalid_type(de::Unexpected::Map, &self));
                }
                let tagged = Tagged::deserialize(MapAccessDeserializer::new(&mut map))?;
                if map.next_key::<de::IgnoredAny>()?.is_some() {
                    return Err(de::Error::custom("a value comes from one place: keep one of these keys"));
                }
                Ok(match tagged {
                    Tagged::Text(text) => EnvValue::Text { text, plain: false },
                    Tagged::Secret(key) => EnvValue::Secret(key),
                    Tagged::HostOf(workload) => EnvValue::HostOf(workload),
                    Tagged::FromEnv(name) => EnvValue::FromEnv(name),
                })
            }
        }

        deserializer.deserialize_any(EnvVisitor)
    }
}

impl JsonSchema for EnvValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EnvValue".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "text, or where it comes from",
            "anyOf": [{ "type": "string" }, generator.subschema_for::<Tagged>()]
        })
    }
}

/// What a container needs and may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resources {
    /// What the scheduler reserves.
    #[serde(default)]
    pub requests: BTreeMap<At<LabelKey>, Quantity>,
    /// What it may use at most.
    #[serde(default)]
    pub limits: BTreeMap<At<LabelKey>, Quantity>,
}

impl Workload {
    /// The first port that the kubelet can ask for a path. It does not speak gRPC to a path.
    pub fn http_port(&self) -> Option<&PortName> {
        let names = self.ports.keys().map(|name| &name.value);
        names.into_iter().find(|name| matches!(name.as_str().split('-').next(), Some("http" | "http2")))
    }

    /// The service account that its pods run as, under the name of the workload.
    pub fn service_account<'a>(&'a self, name: &'a Name) -> &'a str {
        match &self.existing {
            Some(existing) => existing.service_account.as_ref().map_or("default", Name::as_str),
            None => name.as_str(),
        }
    }

    /// The Service in front of it, under the name of the workload.
    pub fn service<'a>(&'a self, name: &'a Name) -> &'a str {
        self.existing.as_ref().and_then(|e| e.service.as_ref()).unwrap_or(name).as_str()
    }
}
