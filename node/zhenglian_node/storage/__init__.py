"""Durable rows: `port` says what a store promises, `leveldb` keeps it on disk, `memory` is its twin."""
