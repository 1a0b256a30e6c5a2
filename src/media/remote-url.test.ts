import { expect, test, vi } from 'vitest';
import { LlavaMiniError } from '../errors.ts';
import { fetchMedia, type ResolvedAddress } from './fetch.ts';
import { parseRemoteUrl } from './remote-url.ts';

/** Never asked: these are refused before anything is looked up. */
const noResolver = vi.fn(async (): Promise<ResolvedAddress[]> => {
  throw new Error('looked up');
});

test.each([
  'http://127.0.0.1/',
  'http://127.0.0.1./',
  'http://127.1/',
  'http://0x7f.1/',
  'http://0x7f000001/',
  'http://2130706433/',
  'http://017700000001/',
  'http://0177.0.0.01/',
  'http://0.0.0.0/',
  'http://0/',
  'http://１２７.０.０.１/',
  'http://127。0。0。1/',
  'http://%31%32%37.0.0.1/',
  'http://[::1]/',
  'http://[::]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b::8.8.8.8]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://[fe80::1]/',
  'http://[fe80::1%25eth0]/',
  'http://[fd00:ec2::254]/',
  'http://[ff02::1]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://168.63.129.16/',
  'http://10.0.0.1/',
  'http://172.16.3.4/',
  'http://192.168.1.1/',
  'http://100.64.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'https://user:pw@example.com/',
  'http://example.com@127.0.0.1/',
  'http://127.0.0.1#@example.com/',
  'http://127.0.0.1?@example.com/',
  'http://a\\@b/',
  'http:\\\\127.0.0.1/',
  'http://exa\tmple.com/',
  'http://example.com/a b',
  'http://127.0.0.1\n.example.com/',
  'http:127.0.0.1',
  'http:///127.0.0.1/',
  'ftp://example.com/a.png',
  'file:///etc/passwd',
  'gopher://example.com/',
  'javascript:alert(1)',
  'data:image/png;base64,AAAA',
  'blob:http://example.com/1',
  'http://8.8.8.8:22/',
  'http://example.com:6379/',
  'http://example.com:99999/',
  'http://',
  'http://[::1',
  '//example.com/x.png',
  'example.com/x.png',
  '',
])('%j is refused', async (address) => {
  const fetched = fetchMedia(address, { resolve: noResolver });
  await expect(fetched).rejects.toBeInstanceOf(LlavaMiniError);
  await expect(fetched).rejects.toMatchObject({ code: 'bad-url', hint: expect.any(String) });
  expect(noResolver).not.toHaveBeenCalled();
});

test.each([
  'https://example.com/a.png',
  'http://example.com:8080/a%20b.png?x=1#y',
  'HTTPS://EXAMPLE.com.',
  'http://8.8.8.8/',
  'https://[2606:4700::1111]:8443/',
])('%s is let through to be looked up', (address) => {
  expect(parseRemoteUrl(address, { allowPrivate: false }).href).toBe(new URL(address).href);
});

test('a person may type an address of the own machine, but nothing that is not http', () => {
  const rules = { allowPrivate: true };
  for (const address of ['http://localhost:3000/x.png', 'http://127.0.0.1:22/', 'http://[::1]/'])
    expect(parseRemoteUrl(address, rules).href).toBe(new URL(address).href);
  for (const address of ['file:///etc/passwd', 'http://user:pw@localhost/', 'http://a\\\\b/'])
    expect(() => parseRemoteUrl(address, rules)).toThrow(expect.objectContaining({ code: 'bad-url' }));
});
