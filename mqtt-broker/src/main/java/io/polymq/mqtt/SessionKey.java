package io.polymq.mqtt;

/** What a session is known by: a client identifier within a tenant. */
record SessionKey(String tenant, String clientId) {}
