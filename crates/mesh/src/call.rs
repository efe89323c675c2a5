//! A connection that is asked about.

use std::net::IpAddr;

#[expect(unused_imports, reason = "for the documentation")]
use crate::Mesh;

/// A connection that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who makes it.
    pub client: Client,
    /// The pod to which it goes, by its number in [`Mesh::pods`].
    pub server: usize,
    /// The port of that pod.
    pub port: u16,
    /// How the client names the server.
    pub by: By,
}

/// Who makes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A pod, by its number in [`Mesh::pods`].
    Pod(usize),
    /// A gateway, by its number in [`Mesh::pods`], for a client at this address, if that is known. Whoever that is, the
    /// server sees the gateway's identity and address (S20).
    Gateway(usize, Option<IpAddr>),
    /// What is in no mesh: the outside, or a node.
    Outside(Option<IpAddr>),
}

/// How a client names the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By a Service, by its number in [`Mesh::services`], and a port of it.
    Service(usize, u16),
    /// By the address of the pod.
    Address,
}

/// What network policies say of the connection: they act below the mesh (I11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Its packets pass.
    Passes,
    /// Its packets are dropped.
    Drops,
    /// Not known.
    Unknown,
}

impl Client {
    /// The pod that makes the connection.
    pub fn pod(self) -> Option<usize> {
        match self {
            Client::Pod(pod) | Client::Gateway(pod, _) => Some(pod),
            Client::Outside(_) => None,
        }
    }
}

impl Call {
    /// The port that the client dials.
    pub fn dialled(&self) -> u16 {
        match self.by {
            By::Service(_, port) => port,
            By::Address => self.port,
        }
    }
}
