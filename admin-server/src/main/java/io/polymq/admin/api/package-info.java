/**
 * The broker's own HTTP interface below {@code /api/v1}: what all protocols share. Zone: virtual
 * threads; may block. What a protocol has of its own (sessions, groups, exchanges) is offered by
 * that protocol's broker.
 */
@NullMarked
package io.polymq.admin.api;

import org.jspecify.annotations.NullMarked;
