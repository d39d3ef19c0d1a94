import { z } from 'zod';
import { pollDeviceLogin } from '~/server/services/poll-device-login';
import { startDeviceLogin } from '~/server/services/start-device-login';
import { networkOf } from '../auth/failure-limits';
import type { Clock } from '../ports/clock';
import type { DeviceStore } from '../ports/device-store';
import type { MintedToken } from '../ports/token-store';
import { clientOf } from './client-address';
import { answerHeaders, answering, readJson } from './json-exchange';
import type { FaultLog } from './respond';

/**
 * Signing in a program by a person at a browser, in the manner of RFC 8628 (docs/protocol.md §4).
 * Nobody has to be signed in for these two: the codes are the proof.
 */
export interface DeviceHandlerDeps {
  devices: DeviceStore;
  mint: (kind: 'human' | 'agent') => MintedToken;
  clock: Clock;
  /** The hub's public address. */
  url: string;
  log: FaultLog;
}

/** The body of `POST /api/device`. */
export const deviceWish = z.object({
  name: z.string().max(200).nullish(),
  scope: z.enum(['read', 'write', 'admin']).nullish(),
});

/** The body of `POST /api/device/token`. */
export const devicePoll = z.object({ device_code: z.string().max(200) });

/** `POST /api/device` → the two codes, and where a person decides. */
export function handleStartDevice(request: Request, deps: DeviceHandlerDeps): Promise<Response> {
  return answer(request, deps, async () => {
    const { name, scope } = await readJson(request, deviceWish);
    const { address, client } = clientOf(request);
    const network = networkOf(address);
    const asker = { address, client, network, name: name ?? null, scope: scope ?? null };
    const started = await startDeviceLogin(asker, deps);
    const page = `${deps.url}/device`;
    return {
      device_code: started.deviceCode,
      user_code: started.userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?${new URLSearchParams({ code: started.userCode })}`,
      expires_in: Math.round((started.expiresAtMs - deps.clock.now()) / 1000),
      interval: started.pollEveryMs / 1000,
    };
  });
}

/** `POST /api/device/token` `{device_code}` → the state, and the token once it is approved. */
export function handlePollDevice(request: Request, deps: DeviceHandlerDeps): Promise<Response> {
  return answer(request, deps, async () => {
    const { device_code } = await readJson(request, devicePoll);
    const polled = await pollDeviceLogin(device_code, { ...deps, use: clientOf(request) });
    if ('pollEveryMs' in polled) {
      return { state: polled.state, interval: polled.pollEveryMs / 1000 };
    }
    if (polled.state !== 'approved') return polled;
    const { state, handle, token } = polled;
    return {
      ...{ state, handle, token: token.text, id: token.id, name: token.name },
      scopes: token.scopes,
      expires_at: new Date(token.expiresAtMs).toISOString(),
    };
  });
}

function answer(
  request: Request,
  deps: DeviceHandlerDeps,
  act: () => Promise<unknown>,
): Promise<Response> {
  return answering(request, deps, async () =>
    Response.json(await act(), { headers: answerHeaders(request) }),
  );
}
