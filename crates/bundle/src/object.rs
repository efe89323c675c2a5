//! The closed set of kinds that meshgen writes, and their identity.

use std::fmt;

use k8s_openapi::{
    Resource,
    api::{
        apps::v1::Deployment,
        core::v1::{Namespace, Service, ServiceAccount},
        networking::v1::NetworkPolicy,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Serialize, Serializer};

use crate::{calico, istio};

/// What tells objects of a cluster apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The group, without the version; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; none for what stands outside of namespaces.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl fmt::Display for Id {
    /// `NetworkPolicy shop/cart`, with the group where the kind alone would not tell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if self.group == calico::GROUP {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " {namespace}/{}", self.name),
            None => write!(f, " {}", self.name),
        }
    }
}

macro_rules! objects {
    ($($(#[$doc:meta])* $kind:ident($type:ty),)*) => {
        /// An object that meshgen writes.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Object {
            $($(#[$doc])* $kind(Box<$type>),)*
        }

        impl Object {
            /// `apiVersion` and `kind`, as written.
            pub fn type_meta(&self) -> (&'static str, &'static str) {
                match self {
                    $(Object::$kind(_) => (<$type as Resource>::API_VERSION, <$type as Resource>::KIND),)*
                }
            }

            /// Name, namespace, labels and annotations.
            pub fn metadata(&self) -> &ObjectMeta {
                match self {
                    $(Object::$kind(o) => &o.metadata,)*
                }
            }
        }

        impl Serialize for Object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Object::$kind(o) => o.serialize(serializer),)*
                }
            }
        }

        $(impl From<$type> for Object {
            fn from(o: $type) -> Self {
                Object::$kind(Box::new(o))
            }
        })*
    };
}

objects! {
    /// v1 Namespace
    Namespace(Namespace),
    /// v1 ServiceAccount
    ServiceAccount(ServiceAccount),
    /// v1 Service
    Service(Service),
    /// apps/v1 Deployment
    Deployment(Deployment),
    /// networking.k8s.io/v1 NetworkPolicy
    NetworkPolicy(NetworkPolicy),
    /// projectcalico.org/v3 NetworkPolicy
    CalicoNetworkPolicy(calico::NetworkPolicy),
    /// security.istio.io/v1 PeerAuthentication
    PeerAuthentication(istio::PeerAuthentication),
    /// security.istio.io/v1 AuthorizationPolicy
    AuthorizationPolicy(istio::AuthorizationPolicy),
    /// networking.istio.io/v1 ServiceEntry
    ServiceEntry(istio::ServiceEntry),
}

impl Object {
    /// What tells this object apart in a cluster.
    pub fn id(&self) -> Id {
        let (api_version, kind) = self.type_meta();
        let metadata = self.metadata();
        Id {
            group: api_version.rsplit_once('/').map_or("", |(group, _)| group).to_owned(),
            kind: kind.to_owned(),
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone().unwrap_or_default(),
        }
    }
}
