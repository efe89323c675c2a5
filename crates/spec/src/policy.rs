//! Policies: who may call what.

use std::{collections::BTreeMap, fmt};

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use meshgen_bundle::calico;
use meshgen_yaml::At;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer},
};

use crate::{Cidr, GrpcService, LabelKey, LabelValue, Name, ObjectName, Path, PortName, Workloads};

/// Who may call what the key names. Either `allow`, or `spec` in full.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// The name of the objects: that of the workload, or `namespace`, unless said otherwise.
    #[serde(default)]
    pub name: Option<At<ObjectName>>,
    /// Who may call. Whatever nothing here admits is refused; an empty list admits nobody.
    #[serde(default)]
    pub allow: Option<Vec<Allow>>,
    /// A network policy in full, as an escape hatch: it is written as it is here, and counted.
    #[serde(default)]
    pub spec: Option<RawSpec>,
}

/// Callers of one kind, and what they may call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Allow {
    /// Workloads, `namespace/name`, or all of a namespace, `namespace/*`.
    #[serde(default)]
    pub from: Option<At<Vec<At<Workloads>>>>,
    /// All pods of namespaces: `meshed`, `all`, a list of names, or a map of labels.
    #[serde(default)]
    pub from_namespaces: Option<At<Namespaces>>,
    /// Addresses outside of the cluster.
    #[serde(default)]
    pub from_cidrs: Option<At<Vec<Cidr>>>,
    /// Ports of the workload, by name or number. Left out: all.
    #[serde(default)]
    pub ports: Option<At<Vec<At<PortRef>>>>,
    /// HTTP methods; needs `AuthorizationPolicy` in `enforce`.
    #[serde(default)]
    pub methods: Option<At<Vec<HttpMethod>>>,
    /// HTTP paths, exact or with `*` at the end; needs `AuthorizationPolicy` in `enforce`.
    #[serde(default)]
    pub paths: Option<At<Vec<Path>>>,
    /// gRPC services, short for POST on `/service/*`; needs `AuthorizationPolicy` in `enforce`.
    #[serde(default)]
    pub grpc: Option<At<Vec<GrpcService>>>,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the words of HTTP")]
pub enum HttpMethod {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Connect,
    Trace,
}

impl HttpMethod {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            HttpMethod::Get => "GET",
            HttpMethod::Head => "HEAD",
            HttpMethod::Post => "POST",
            HttpMethod::Put => "PUT",
            HttpMethod::Patch => "PATCH",
            HttpMethod::Delete => "DELETE",
            HttpMethod::Options => "OPTIONS",
            HttpMethod::Connect => "CONNECT",
            HttpMethod::Trace => "TRACE",
        }
    }
}

/// Namespaces, all pods of which are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// Those that take part in the mesh, told by the label that does it on this cluster.
    Meshed,
    /// All of the cluster.
    All,
    /// These.
    Named(Vec<At<Name>>),
    /// Those with these labels.
    Labelled(BTreeMap<LabelKey, LabelValue>),
}

impl<'de> Deserialize<'de> for Namespaces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamespacesVisitor;

        impl<'de> Visitor<'de> for NamespacesVisitor {
            type Value = Namespaces;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`meshed`, `all`, a list of names, or a map of labels")
            }

            fn visit_str<E: de::Error>(self, s: &str) -> Result<Namespaces, E> {
                match s {
                    "meshed" => Ok(Namespaces::Meshed),
                    "all" => Ok(Namespaces::All),
                    _ => Err(E::custom(format!(
                        "`{s}` is not known here: use `meshed`, `all`, a list of names such as `[{s}]`, or a map of labels"
                    ))),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Namespaces, A::Error> {
                let names = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
                if names.is_empty() {
                    Err(de::Error::custom("an empty list names no namespace"))
                } else {
                    Ok(Namespaces::Named(names))
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Namespaces, A::Error> {
                let labels = BTreeMap::deserialize(MapAccessDeserializer::new(map))?;
                if labels.is_empty() {
                    // An empty selector would select every namespace: too much to say by saying nothing.
                    Err(de::Error::custom("no labels would mean every namespace: say `all`"))
                } else {
                    Ok(Namespaces::Labelled(labels))
                }
            }
        }

        deserializer.deserialize_any(NamespacesVisitor)
    }
}

impl JsonSchema for Namespaces {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Namespaces".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`meshed`, `all`, a list of names, or a map of labels",
            "anyOf": [
                { "enum": ["meshed", "all"] },
                { "type": "array", "items": generator.subschema_for::<Name>(), "minItems": 1 },
                { "type": "object", "additionalProperties": generator.subschema_for::<LabelValue>(), "minProperties": 1 }
            ]
        })
    }
}

/// A port of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortRef {
    /// By its name in the workload's `ports`.
    Name(PortName),
    /// By its number.
    Number(u16),
}

impl fmt::Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PortRef::Name(name) => name.fmt(f),
            PortRef::Number(number) => number.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for PortRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PortRefVisitor;

        impl Visitor<'_> for PortRefVisitor {
            type Value = PortRef;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name or the number of a port")
            }

            fn visit_u64<E: de::Error>(self, n: u64) -> Result<PortRef, E> {
                match u16::try_from(n) {
                    Ok(n) if n > 0 => Ok(PortRef::Number(n)),
                    _ => Err(E::custom(format!("`{n}` is not a port: use 1 to 65535"))),
                }
            }

            fn visit_i64<E: de::Error>(self, n: i64) -> Result<PortRef, E> {
                Err(E::custom(format!("`{n}` is not a port: use 1 to 65535")))
            }

            fn visit_str<E: de::Error>(self, s: &str) -> Result<PortRef, E> {
                s.parse().map(PortRef::Name).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(PortRefVisitor)
    }
}

impl JsonSchema for PortRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PortRef".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a port of the workload, by name or number",
            "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 65535 }, generator.subschema_for::<PortName>()]
        })
    }
}

/// The `spec` of a network policy, in full.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RawSpec {
    /// Of a `networking.k8s.io/v1` `NetworkPolicy`. Must say its `podSelector`.
    Kubernetes(#[schemars(with = "BTreeMap<String, serde_json::Value>")] At<Box<NetworkPolicySpec>>),
    /// Of a `projectcalico.org/v3` `NetworkPolicy`. Must say its `selector`.
    Calico(#[schemars(with = "BTreeMap<String, serde_json::Value>")] At<Box<calico::NetworkPolicySpec>>),
}
