//! Who may administrate Dgraph, and who may use it. No secret ever stands here.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use crate::{Duration, FromEnv, SecretKey, WhitelistEntry};

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
