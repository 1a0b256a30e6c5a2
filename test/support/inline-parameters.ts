import type { ParameterPlace, Value } from '../../src/graph/index.ts';

/** Parameters from arrays, written into the model itself; those without one are inputs. */
export function inlineParameters(data: Readonly<Record<string, ArrayBufferView>>): (value: Value) => ParameterPlace {
  return ({ name }) => (data[name] ? { kind: 'inline', data: data[name] } : { kind: 'input' });
}
