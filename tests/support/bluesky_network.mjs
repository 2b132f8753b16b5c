// A real PLC directory and PDS of the AT Protocol on loopback, until standard input ends.
// Usage: node bluesky_network.mjs NODE_MODULES
import { createRequire } from 'node:module'
import net from 'node:net'

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number' && typeof args[1] !== 'string') args.splice(1, 0, '127.0.0.1')
  return listen.apply(this, args)
}
const require = createRequire(`${process.argv[2]}/../network.js`)
const { TestNetworkNoAppView } = require('@atproto/dev-env')
const network = await TestNetworkNoAppView.create({})
console.log(`up ${JSON.stringify({ pds: network.pds.url, plc: network.plc.url })}`)
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
