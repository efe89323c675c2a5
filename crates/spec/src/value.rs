//! Values that this language hands on: of charts, of Istio. Their form is for others to judge.

use std::{collections::BTreeMap, fmt};

use meshgen_yaml::At;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::EnvName;

/// A value of any form, in which `{ fromEnv: NAME }` stands for a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(String),
    /// A variable of the environment of whoever deploys.
    FromEnv(FromEnv),
    /// A list.
    List(Vec<Tree>),
    /// A map.
    Map(TreeMap),
}

/// Values of any form, by name.
pub type TreeMap = BTreeMap<At<String>, Tree>;

/// A variable of the environment of whoever deploys: its name, or a map with `name` and `default`.
#[derive(Clone, Debug, PartialEq)]
pub struct FromEnv {
    /// Its name.
    pub name: At<EnvName>,
    /// What stands for it where it is not set. Without one it must be set.
    pub default: Option<String>,
}

/// A variable in full.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FromEnvInFull {
    /// Its name.
    name: At<EnvName>,
    /// What stands for it where it is not set. Without one it must be set.
    #[serde(default)]
    default: Option<String>,
}

impl Tree {
    /// The variables in it.
    pub fn variables(&self) -> Vec<&FromEnv> {
        match self {
            Tree::FromEnv(variable) => vec![variable],
            Tree::List(items) => items.iter().flat_map(Tree::variables).collect(),
            Tree::Map(entries) => entries.values().flat_map(Tree::variables).collect(),
            Tree::Null | Tree::Bool(_) | Tree::Int(_) | Tree::Float(_) | Tree::Text(_) => Vec::new(),
        }
    }

    /// The text or whole number at a path of keys, as text.
    pub fn at(&self, path: &[&str]) -> Option<&Tree> {
        let Some((first, rest)) = path.split_first() else { return Some(self) };
        let Tree::Map(entries) = self else { return None };
        entries.iter().find(|(key, _)| key.value == *first)?.1.at(rest)
    }
}

impl<'de> Deserialize<'de> for FromEnv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FromEnvVisitor;

        impl<'de> Visitor<'de> for FromEnvVisitor {
            type Value = (Option<EnvName>, Option<FromEnvInFull>);

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a variable, or a map with `name` and `default`")
            }

            fn visit_str<E: de::Error>(self, s: &str) -> Result<Self::Value, E> {
                s.parse().map(|name| (Some(name), None)).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                FromEnvInFull::deserialize(MapAccessDeserializer::new(map)).map(|full| (None, Some(full)))
            }
        }

        struct Either(Option<EnvName>, Option<FromEnvInFull>);

        impl<'de> Deserialize<'de> for Either {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(FromEnvVisitor).map(|(name, full)| Either(name, full))
            }
        }

        let At { value, place } = At::<Either>::deserialize(deserializer)?;
        match value {
            Either(Some(name), _) => Ok(FromEnv { name: At { value: name, place }, default: None }),
            Either(None, Some(full)) => Ok(FromEnv { name: full.name, default: full.default }),
            Either(None, None) => Err(de::Error::custom("a variable without a name")),
        }
    }
}

impl JsonSchema for FromEnv {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FromEnv".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a variable of the environment of whoever deploys: its name, or a map with `name` and `default`",
            "anyOf": [generator.subschema_for::<EnvName>(), generator.subschema_for::<FromEnvInFull>()]
        })
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;

        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_none<E: de::Error>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E: de::Error>(self, b: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(b))
            }

            fn visit_i64<E: de::Error>(self, n: i64) -> Result<Tree, E> {
                Ok(Tree::Int(n))
            }

            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Tree, E> {
                i64::try_from(n)
                    .map(Tree::Int)
                    .map_err(|_| E::custom(format!("`{n}` is too large: write it in quotes")))
            }

            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Tree, E> {
                if x.is_finite() {
                    Ok(Tree::Float(x))
                } else {
                    Err(E::custom("this is no number that JSON has"))
                }
            }

            fn visit_str<E: de::Error>(self, s: &str) -> Result<Tree, E> {
                Ok(Tree::Text(s.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut entries = TreeMap::new();
                while let Some(key) = map.next_key::<At<String>>()? {
                    if key.value == "fromEnv" && entries.is_empty() {
                        let variable = map.next_value()?;
                        return match map.next_key::<At<String>>()? {
                            None => Ok(Tree::FromEnv(variable)),
                            Some(_) => Err(de::Error::custom("`fromEnv` stands alone in its map")),
                        };
                    }
                    entries.insert(key, map.next_value()?);
                }
                Ok(Tree::Map(entries))
            }
        }

        deserializer.deserialize_any(TreeVisitor)
    }
}

impl JsonSchema for Tree {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tree".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
