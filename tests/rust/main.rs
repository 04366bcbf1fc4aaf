mod flow;
mod verify;
