//! What a context becomes, and what is refused.

#[cfg(test)]
mod contexts;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod rendered;
