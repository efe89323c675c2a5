//! The closed set of kinds that meshgen writes, and their identity.

use std::fmt;

use k8s_openapi::{
    ClusterResourceScope, NamespaceResourceScope, Resource,
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        core::v1::{ConfigMap, Namespace, PersistentVolumeClaim, Service, ServiceAccount},
        networking::v1::NetworkPolicy,
        rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// Where objects of a kind stand, known by its type.
trait Scoped {
    const NAMESPACED: bool;
}

impl Scoped for NamespaceResourceScope {
    const NAMESPACED: bool = true;
}

impl Scoped for ClusterResourceScope {
    const NAMESPACED: bool = false;
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

            /// Whether objects of this kind stand in a namespace.
            pub fn is_namespaced(&self) -> bool {
                match self {
                    $(Object::$kind(_) => <<$type as Resource>::Scope as Scoped>::NAMESPACED,)*
                }
            }

            /// The same, to be changed.
            pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
                match self {
                    $(Object::$kind(o) => &mut o.metadata,)*
                }
            }

            /// Name, namespace, labels and annotations.
            pub fn metadata(&self) -> &ObjectMeta {
                match self {
                    $(Object::$kind(o) => &o.metadata,)*
                }
            }

            /// Reads an object of the kind that this one has.
            pub fn read_alike<'de, D: Deserializer<'de>>(&self, from: D) -> Result<Object, D::Error> {
                match self {
                    $(Object::$kind(_) => <$type>::deserialize(from).map(Object::from),)*
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
    /// v1 ConfigMap
    ConfigMap(ConfigMap),
    /// v1 `PersistentVolumeClaim`
    PersistentVolumeClaim(PersistentVolumeClaim),
    /// v1 Service
    Service(Service),
    /// apps/v1 Deployment
    Deployment(Deployment),
    /// apps/v1 StatefulSet
    StatefulSet(StatefulSet),
    /// apps/v1 DaemonSet
    DaemonSet(DaemonSet),
    /// rbac.authorization.k8s.io/v1 Role
    Role(Role),
    /// rbac.authorization.k8s.io/v1 `RoleBinding`
    RoleBinding(RoleBinding),
    /// rbac.authorization.k8s.io/v1 `ClusterRole`
    ClusterRole(ClusterRole),
    /// rbac.authorization.k8s.io/v1 `ClusterRoleBinding`
    ClusterRoleBinding(ClusterRoleBinding),
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
    /// What tells this object apart in a cluster. The API server takes no notice of a namespace on what stands
    /// outside of namespaces, so neither does this.
    pub fn id(&self) -> Id {
        let (api_version, kind) = self.type_meta();
        let metadata = self.metadata();
        Id {
            group: api_version.rsplit_once('/').map_or("", |(group, _)| group).to_owned(),
            kind: kind.to_owned(),
            namespace: metadata.namespace.clone().filter(|_| self.is_namespaced()),
            name: metadata.name.clone().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(namespace: Option<&str>, name: &str) -> ObjectMeta {
        ObjectMeta {
            namespace: namespace.map(str::to_owned),
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        }
    }

    #[test]
    fn what_stands_outside_of_namespaces_has_none_in_its_identity() {
        let role = ClusterRole { metadata: meta(Some("a"), "r"), ..ClusterRole::default() };
        assert_eq!(Object::from(role).id().to_string(), "ClusterRole r");
        let role = Role { metadata: meta(Some("a"), "r"), ..Role::default() };
        assert_eq!(Object::from(role).id().to_string(), "Role a/r");
    }
}
