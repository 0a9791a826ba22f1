import { Devices } from './Devices.tsx';
import { ExportAndDelete } from './ExportAndDelete.tsx';
import { People } from './People.tsx';

interface CockpitDetailsProps {
  isHost: boolean;
  isOpen: boolean;
}

export default function CockpitDetails({ isHost, isOpen }: CockpitDetailsProps) {
  return (
    <>
      <People isHost={isHost} isOpen={isOpen} />
      {isHost && <Devices isOpen={isOpen} />}
      {isHost && <ExportAndDelete />}
    </>
  );
}
