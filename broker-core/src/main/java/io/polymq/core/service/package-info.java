/**
 * Services that all protocols share: delayed publish, expiry, retained values, schemas,
 * deduplication, tenants, events.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.core.service;
