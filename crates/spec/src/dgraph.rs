//! Dgraph, by its own chart.
//!
//! Source: `dgraph-io/charts`, charts 0.0.17, 24.1.4 and main. What is true of one version only is said where
//! it is used.

use std::{collections::BTreeMap, marker::PhantomData};

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use crate::{
    ChartVersion, Duration, FromEnv, ImagePath, ImageTag, LabelKey, LabelValue, Name, Port, PortName,
    Protocol, Quantity, RegistryHost, Resources, SecretKey, ServiceType, TrafficPolicy, TreeMap,
    WhitelistEntry, WorkloadKind,
};

/// Dgraph: alpha, which is asked, zero, which keeps order, and ratel, which shows.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dgraph {
    /// The version of the chart.
    #[serde(default = "Dgraph::default_version")]
    pub version: At<ChartVersion>,
    /// The image.
    #[serde(default)]
    pub image: DgraphImage,
    /// Who may administrate. Behind a sidecar everybody is local, and so on it: `token` or `acl` then help.
    #[serde(default)]
    pub whitelist: Option<At<Whitelist>>,
    /// A word that administrators must know.
    #[serde(default)]
    pub token: Option<DgraphToken>,
    /// Users and groups of Dgraph itself.
    #[serde(default)]
    pub acl: Option<DgraphAcl>,
    /// Labels of all of its pods. Kiali shows `version`.
    #[serde(default)]
    pub pod_labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// alpha.
    #[serde(default)]
    pub alpha: Alpha,
    /// zero.
    #[serde(default)]
    pub zero: Zero,
    /// ratel: off unless said otherwise.
    #[serde(default)]
    pub ratel: Option<Ratel>,
}

impl Dgraph {
    fn default_version() -> At<ChartVersion> {
        #[expect(clippy::unwrap_used, reason = "a constant that a test reads")]
        At::nowhere("24.1.4".parse().unwrap())
    }
}

/// An image, in the parts that the chart has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DgraphImage {
    /// The registry: `docker.io` unless said otherwise.
    #[serde(default)]
    pub registry: Option<RegistryHost>,
    /// The path: `dgraph/dgraph` unless said otherwise.
    #[serde(default)]
    pub repository: Option<ImagePath>,
    /// The version of Dgraph: the chart's own unless said otherwise.
    #[serde(default)]
    pub tag: Option<ImageTag>,
}

/// Who may administrate: addresses, blocks, ranges `a:b` and host names, or a variable that holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum Whitelist {
    /// These.
    Entries(Vec<WhitelistEntry>),
    /// A variable that holds them, with commas between.
    FromEnv(FromEnv),
}

/// A map in the place of a list.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum TaggedWhitelist {
    /// A variable of the environment of whoever deploys.
    FromEnv(FromEnv),
}

impl<'de> Deserialize<'de> for Whitelist {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WhitelistVisitor;

        impl<'de> de::Visitor<'de> for WhitelistVisitor {
            type Value = Whitelist;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of addresses, or `{ fromEnv: NAME }`")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Whitelist, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Whitelist::Entries)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Whitelist, A::Error> {
                let TaggedWhitelist::FromEnv(variable) =
                    TaggedWhitelist::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(Whitelist::FromEnv(variable))
            }
        }

        deserializer.deserialize_any(WhitelistVisitor)
    }
}

impl JsonSchema for Whitelist {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Whitelist".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "a list of addresses, or `{ fromEnv: NAME }`",
            "anyOf": [
                { "type": "array", "items": generator.subschema_for::<WhitelistEntry>() },
                generator.subschema_for::<TaggedWhitelist>()
            ]
        })
    }
}

/// A word that administrators must know: never here, but in a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DgraphToken {
    /// `name/key` of a Secret in the namespace of the release.
    Secret(SecretKey),
}

/// A word that administrators must know.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum TaggedToken {
    /// `name/key` of a Secret in the namespace of the release.
    Secret(SecretKey),
}

impl<'de> Deserialize<'de> for DgraphToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let never = "a token is never written here: name a key of a Secret, `{ secret: name/key }`";
        deserializer.deserialize_any(NeverText(never, PhantomData::<TaggedToken>)).map(|t| match t {
            TaggedToken::Secret(key) => DgraphToken::Secret(key),
        })
    }
}

/// A map of one tag. Text in its place may be the secret itself, so it is refused without being shown.
struct NeverText<T>(&'static str, PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for NeverText<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map that says where it comes from")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<T, E> {
        Err(E::custom(self.0))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map))
    }
}

/// Users and groups of Dgraph itself.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DgraphAcl {
    /// What signs the tokens of users: 32 bytes or more. The chart makes a Secret of it.
    pub secret: AclSecret,
    /// How long a token of a user holds.
    #[serde(default)]
    pub access_ttl: Option<Duration>,
}

/// What signs the tokens of users: never here.
#[derive(Clone, Debug, PartialEq)]
pub enum AclSecret {
    /// A variable of the environment of whoever deploys.
    FromEnv(FromEnv),
}

/// What signs the tokens of users.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum TaggedAclSecret {
    /// A variable of the environment of whoever deploys.
    FromEnv(FromEnv),
}

impl<'de> Deserialize<'de> for AclSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let never = "a secret is never written here: name a variable of the environment, `{ fromEnv: NAME }`";
        deserializer.deserialize_any(NeverText(never, PhantomData::<TaggedAclSecret>)).map(|t| match t {
            TaggedAclSecret::FromEnv(variable) => AclSecret::FromEnv(variable),
        })
    }
}

/// The schema of a type is that of its tags.
macro_rules! schema_of_tags {
    ($($name:ident: $tags:ty),*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$tags>::json_schema(generator)
            }
        }
    )*};
}

schema_of_tags!(DgraphToken: TaggedToken, AclSecret: TaggedAclSecret);

/// alpha: it holds data and is asked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alpha {
    /// How many: 3 unless said otherwise.
    #[serde(default)]
    pub replicas: Option<At<u16>>,
    /// Its volume.
    #[serde(default)]
    pub persistence: Persistence,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// Further labels of its pods.
    #[serde(default)]
    pub pod_labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// Its configuration file: flags of `dgraph alpha`, handed on as they are.
    #[serde(default)]
    pub config: TreeMap,
    /// Its Service.
    #[serde(default)]
    pub service: DgraphService,
}

/// zero: it keeps order among alphas.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Zero {
    /// How many, an odd number: 3 unless said otherwise.
    #[serde(default)]
    pub replicas: Option<At<u16>>,
    /// How many alphas hold the same data.
    #[serde(default)]
    pub shard_replicas: Option<At<u16>>,
    /// Its volume.
    #[serde(default)]
    pub persistence: Persistence,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// Further labels of its pods.
    #[serde(default)]
    pub pod_labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// Its configuration file: flags of `dgraph zero`, handed on as they are.
    #[serde(default)]
    pub config: TreeMap,
    /// Its Service.
    #[serde(default)]
    pub service: DgraphService,
}

/// ratel: pages that show a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ratel {
    /// How many: 1 unless said otherwise.
    #[serde(default)]
    pub replicas: Option<At<u16>>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// Its Service.
    #[serde(default)]
    pub service: DgraphService,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Persistence {
    /// Whether there is one: yes unless said otherwise.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Its size.
    #[serde(default)]
    pub size: Option<Quantity>,
    /// Its class.
    #[serde(default)]
    pub storage_class: Option<Name>,
}

/// A Service of the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DgraphService {
    /// Who can reach it: `ClusterIP` unless said otherwise.
    #[serde(rename = "type", default)]
    pub kind: Option<ServiceType>,
    /// Its annotations.
    #[serde(default)]
    pub annotations: BTreeMap<LabelKey, String>,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Whether the address of the client is kept.
    #[serde(default)]
    pub external_traffic_policy: Option<TrafficPolicy>,
    /// Who may call a load balancer.
    #[serde(default)]
    pub load_balancer_source_ranges: Vec<crate::Cidr>,
}

/// A workload of the chart, as it will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name, and that of its Service.
    pub name: Name,
    /// Its kind.
    pub kind: WorkloadKind,
    /// Labels by which it is told apart.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Further labels of its pods.
    pub pod_labels: BTreeMap<LabelKey, LabelValue>,
    /// Its service account; the namespace's own when none.
    pub service_account: Option<Name>,
    /// How many pods.
    pub replicas: u16,
    /// Its ports.
    pub ports: BTreeMap<PortName, Port>,
    /// Those that are on the Service of its name.
    pub on_service: Vec<&'static str>,
    /// Those that are on its headless Service, by which pods find each other.
    pub on_headless: Vec<&'static str>,
}

impl Dgraph {
    /// The workloads of a release.
    pub fn members(&self, release: &Name) -> Vec<Member> {
        let alpha = Member {
            replicas: self.alpha.replicas.as_ref().map_or(3, |r| r.value),
            pod_labels: self.pod_labels(&self.alpha.pod_labels),
            on_service: vec!["http-alpha", "grpc-alpha"],
            on_headless: vec!["grpc-alpha-int"],
            ..self.member(
                release,
                "alpha",
                WorkloadKind::StatefulSet,
                &[("http-alpha", 8080, 8080), ("grpc-alpha", 9080, 9080), ("grpc-alpha-int", 7080, 7080)],
            )
        };
        let zero = Member {
            replicas: self.zero.replicas.as_ref().map_or(3, |r| r.value),
            pod_labels: self.pod_labels(&self.zero.pod_labels),
            on_service: vec!["grpc-zero", "http-zero"],
            on_headless: vec!["grpc-zero"],
            ..self.member(
                release,
                "zero",
                WorkloadKind::StatefulSet,
                &[("grpc-zero", 5080, 5080), ("http-zero", 6080, 6080)],
            )
        };
        let ratel = self.ratel.as_ref().map(|ratel| Member {
            replicas: ratel.replicas.as_ref().map_or(1, |r| r.value),
            on_service: vec!["http-ratel"],
            ..self.member(release, "ratel", WorkloadKind::Deployment, &[("http-ratel", 8000, 80)])
        });
        [alpha, zero].into_iter().chain(ratel).collect()
    }

    /// The labels of pods: those of all, and over them those of one.
    pub fn pod_labels(&self, own: &BTreeMap<At<LabelKey>, LabelValue>) -> BTreeMap<LabelKey, LabelValue> {
        self.pod_labels.iter().chain(own).map(|(k, v)| (k.value.clone(), v.clone())).collect()
    }

    /// Whether the chart makes a service account. Before 23 it had none, and pods ran as `default`.
    pub fn has_service_account(&self) -> bool {
        self.version.major() >= 23
    }

    fn member(
        &self,
        release: &Name,
        component: &str,
        kind: WorkloadKind,
        ports: &[(&str, u16, u16)],
    ) -> Member {
        // Source: `templates/_helpers.tpl`, `dgraph.fullname`: cut to 24 characters.
        let full: String = format!("{release}-dgraph").chars().take(24).collect();
        let labels = [("app", "dgraph"), ("release", release.as_str()), ("component", component)];
        let labels = labels.into_iter().filter_map(|(k, v)| Some((k.parse().ok()?, v.parse().ok()?)));
        let ports = ports.iter().filter_map(|(name, port, service)| {
            Some((name.parse().ok()?, Port { port: *port, service: *service, protocol: Protocol::Tcp }))
        });
        #[expect(clippy::unwrap_used, reason = "24 characters of a name, and more that are legal in one")]
        let name = format!("{full}-{component}").parse().unwrap();
        Member {
            name,
            kind,
            labels: labels.collect(),
            pod_labels: BTreeMap::new(),
            service_account: self.has_service_account().then(|| "dgraph".parse().ok()).flatten(),
            replicas: 1,
            ports: ports.collect(),
            on_service: Vec::new(),
            on_headless: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_version_of_the_chart_is_one() {
        assert_eq!(Dgraph::default_version().as_str(), "24.1.4");
    }
}
