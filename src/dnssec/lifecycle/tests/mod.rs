//! Rolls step by step; and every order of things in a modelled world.

mod any_order;
mod rolls;
mod world;
