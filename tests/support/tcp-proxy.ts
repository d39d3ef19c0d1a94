import { once } from 'node:events';
import net from 'node:net';

/** Lets a test decide what of a connection gets through. */
export interface TcpProxy {
  port: number;
  /**
   * Called with what a client sends, before it is passed on. `cut` ends the connection now, `pass`
   * sends it on, and `pass-and-cut` sends it on and lets no answer back.
   */
  onClientData: (data: Buffer) => 'pass' | 'cut' | 'pass-and-cut';
  /** While true, connections are accepted and ended at once. */
  closed: boolean;
  /** Ends every connection that there is. */
  cutAll(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    if (proxy.closed) return client.destroy();
    const upstream = net.connect(target.port, target.host);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    let deaf = false;
    upstream.on('data', (data) => {
      if (!deaf) client.write(data);
    });
    client.on('data', (data: Buffer) => {
      const verdict = proxy.onClientData(data);
      if (verdict === 'cut') return client.destroy();
      if (verdict === 'pass') return upstream.write(data);
      deaf = true;
      // The answer proves that the target has done what it was sent; nobody else hears it.
      upstream.once('data', () => client.destroy());
      upstream.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: TcpProxy = {
    port: (server.address() as net.AddressInfo).port,
    onClientData: () => 'pass',
    closed: false,
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      proxy.cutAll();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
