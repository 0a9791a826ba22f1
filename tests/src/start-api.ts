export {
  type ApiProcess,
  printed,
  type RunningApi,
  spawnApi,
  startApi,
} from '@classroom/api/start';
