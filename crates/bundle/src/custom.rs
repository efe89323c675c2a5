//! What makes a plain struct with `metadata` and `spec` an object of a custom API.

/// Declares an object of a custom resource: `apiVersion`, `kind`, `metadata`, `spec`, in this order.
macro_rules! custom_object {
    ($(#[$doc:meta])* $name:ident: $spec:ty, $group:expr, $version:literal, $kind:literal, $plural:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            /// Name, namespace, labels and annotations.
            pub metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
            /// What is asked for.
            pub spec: $spec,
        }

        impl k8s_openapi::Resource for $name {
            const API_VERSION: &'static str = concat!($group, "/", $version);
            const GROUP: &'static str = $group;
            const KIND: &'static str = $kind;
            const VERSION: &'static str = $version;
            const URL_PATH_SEGMENT: &'static str = $plural;
            type Scope = k8s_openapi::NamespaceResourceScope;
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let mut object = serializer.serialize_struct($kind, 4)?;
                object.serialize_field("apiVersion", concat!($group, "/", $version))?;
                object.serialize_field("kind", $kind)?;
                object.serialize_field("metadata", &self.metadata)?;
                object.serialize_field("spec", &self.spec)?;
                object.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(rename_all = "camelCase", deny_unknown_fields)]
                struct Written {
                    api_version: String,
                    kind: String,
                    metadata: k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
                    #[serde(default)]
                    spec: $spec,
                }
                let object = Written::deserialize(deserializer)?;
                if object.api_version != concat!($group, "/", $version) || object.kind != $kind {
                    return Err(serde::de::Error::custom(format!(
                        "expected {} {}, found {} {}",
                        concat!($group, "/", $version), $kind, object.api_version, object.kind
                    )));
                }
                Ok($name { metadata: object.metadata, spec: object.spec })
            }
        }
    };
}

pub(crate) use custom_object;
