/**
 * The parts of RabbitMQ's management interface that its tools, exporters and operators use, on the
 * admin port below {@code /api}: lists of what there is, declarations, permissions, policies,
 * definition files, health checks. Zone: virtual threads, which may block.
 *
 * <p>Not in here: rates and samples, clusters of nodes, plugins; HTTP and logins, which are the
 * admin server's.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.amqp.management;
