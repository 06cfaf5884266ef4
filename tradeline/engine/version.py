"""The engine's version: raised with every change that can alter a byte of the results."""

ENGINE_VERSION = "engine-0.1.0"
