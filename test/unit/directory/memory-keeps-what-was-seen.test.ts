import t from 'tap';
import { createMemoryTraffic } from '../../../src/directory/memory-traffic.ts';
import { testTraffic } from '../../contract/traffic.ts';

t.test('memory keeps what was seen in the traffic', (t) => testTraffic(t, createMemoryTraffic));
